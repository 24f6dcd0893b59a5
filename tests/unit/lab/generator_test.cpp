// Generated events, their pace, and the audit.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "lab/audit.h"
#include "lab/feeder.h"
#include "lab/generator.h"
#include "unit/lab/test_clock.h"

namespace exporter::lab {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNoon = WallTime(Duration(1'788'955'200'123'456'789));

std::string text(simdjson::dom::element element) { return std::string(element.get_string().value()); }

TEST(Generator, GivesTheSameEventsForTheSameSeed) {
  Generator one({.nodes = 16, .seed = 7, .first_sequence = 0});
  Generator other({.nodes = 16, .seed = 7, .first_sequence = 0});
  for (int index = 0; index < 500; ++index) {
    ASSERT_EQ(one.next(kNoon, true).document, other.next(kNoon, true).document);
  }
  Generator third({.nodes = 16, .seed = 8, .first_sequence = 0});
  EXPECT_NE(one.next(kNoon, true).document, third.next(kNoon, true).document);
}

TEST(Generator, WritesTheStoredShape) {
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 100});
  simdjson::dom::parser parser;
  const GeneratedEvent& event = generator.next(kNoon, true);
  const simdjson::dom::element document = parser.parse(event.document.data(), event.document.size());
  EXPECT_EQ(text(document["createdAt"]), "2026-09-09T12:00:00.123456789Z");
  EXPECT_TRUE(document["RawEvent"].is_null());
  EXPECT_TRUE(document["healtheventstatus"]["faultremediated"].is_null());
  EXPECT_EQ(text(document["healtheventstatus"]["spanids"]["platform-connector"]).size(), 16U);
  const simdjson::dom::element health = document["healthevent"];
  EXPECT_EQ(text(health["nodeName"]), event.node_name);
  EXPECT_EQ(text(health["checkName"]), event.check_name);
  EXPECT_EQ(text(health["message"]), event.message);
  EXPECT_EQ(text(health["id"]).size(), 36U);
  EXPECT_EQ(text(health["metadata"]["seq"]), "100");
  EXPECT_EQ(text(health["metadata"]["madeNs"]), "1788955200123456789");
  EXPECT_EQ(text(health["metadata"]["trace_id"]).size(), 32U);
  EXPECT_EQ(health["generatedTimestamp"]["seconds"].get_int64().value(), 1'788'955'200);
  EXPECT_EQ(health["generatedTimestamp"]["nanos"].get_int64().value(), 123'256'789);
  EXPECT_GT(health["entitiesImpacted"].get_array().value().size(), 0U);
}

TEST(Generator, LeavesOutTheMomentOfMakingForThePast) {
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  EXPECT_EQ(generator.next(kNoon, false).document.find("madeNs"), std::string_view::npos);
}

TEST(Generator, FollowsTheMixOfAProductionFleet) {
  Generator generator({.nodes = 256, .seed = 1, .first_sequence = 0});
  simdjson::dom::parser parser;
  int healthy = 0;
  int with_action = 0;
  std::map<std::string, std::int64_t> next_sequence;
  std::map<std::string, int> codes;
  constexpr int kEvents = 50'000;
  for (int index = 0; index < kEvents; ++index) {
    const GeneratedEvent& event = generator.next(kNoon, false);
    const simdjson::dom::element health = parser.parse(event.health_event.data(), event.health_event.size());
    const bool is_healthy = health["isHealthy"].error() == simdjson::SUCCESS;
    healthy += is_healthy ? 1 : 0;
    with_action += event.recommended_action != 0 ? 1 : 0;
    ASSERT_FALSE(is_healthy && event.recommended_action != 0);
    ASSERT_EQ(text(health["metadata"]["seq"]), std::to_string(next_sequence[std::string(event.node_name)]++));
    if (health["errorCode"].error() == simdjson::SUCCESS) {
      ++codes[text(health["errorCode"].at(0))];
    }
  }
  EXPECT_NEAR(healthy, kEvents * 0.385, kEvents * 0.02);
  EXPECT_NEAR(with_action, kEvents * 0.009, kEvents * 0.003);
  EXPECT_EQ(next_sequence.size(), 256U);
  for (const char* xid : {"13", "31", "48", "63", "74", "79", "94"}) {
    EXPECT_GT(codes[xid], 0) << xid;
  }
}

// Keeps what was committed, and when.
class Collector final : public DocumentWriter {
 public:
  explicit Collector(const Clock& clock) : clock_(clock) {}
  Result<void> add(const GeneratedEvent& event) override {
    ++open_;
    created_at.push_back(event.created_at);
    return {};
  }
  Result<void> commit() override {
    if (fails) {
      return fail(ErrorKind::transient, "disk full");
    }
    batches.emplace_back(open_, clock_.now().time_since_epoch());
    open_ = 0;
    return {};
  }

  std::vector<std::pair<int, Duration>> batches;
  std::vector<WallTime> created_at;
  bool fails = false;

 private:
  const Clock& clock_;
  int open_ = 0;
};

TEST(Feeder, SpreadsABacklogOverItsAgeInBatches) {
  TestClock clock;
  Collector collector(clock);
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  EXPECT_EQ(feed_backlog(generator, collector, 5, 10s, 2, clock, {}).value(), 5U);
  EXPECT_EQ(collector.batches, (std::vector<std::pair<int, Duration>>{{2, 0s}, {2, 0s}, {1, 0s}}));
  const WallTime now = clock.wall_now();
  EXPECT_EQ(collector.created_at, (std::vector<WallTime>{now - 10s, now - 8s, now - 6s, now - 4s, now - 2s}));
}

TEST(Feeder, WritesLiveEventsWhenTheyAreDue) {
  TestClock clock;
  Collector collector(clock);
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  EXPECT_EQ(feed_live(generator, collector, 4, 10, 100, clock, {}).value(), 4U);
  EXPECT_EQ(collector.batches, (std::vector<std::pair<int, Duration>>{{1, 0ms}, {1, 100ms}, {1, 200ms}, {1, 300ms}}));
}

TEST(Feeder, WritesFastRatesSeveralAtATime) {
  TestClock clock;
  Collector collector(clock);
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  EXPECT_EQ(feed_live(generator, collector, 9, 4000, 100, clock, {}).value(), 9U);
  EXPECT_EQ(collector.batches, (std::vector<std::pair<int, Duration>>{{1, 0ms}, {4, 1ms}, {4, 2ms}}));
}

TEST(Feeder, StopsAndTellsHowManyWereCommitted) {
  TestClock clock;
  Collector collector(clock);
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(feed_live(generator, collector, 9, 10, 100, clock, stop.get_token()).value(), 0U);
}

TEST(Feeder, PassesTheWritersErrorOn) {
  TestClock clock;
  Collector collector(clock);
  collector.fails = true;
  Generator generator({.nodes = 4, .seed = 1, .first_sequence = 0});
  EXPECT_EQ(feed_backlog(generator, collector, 5, 10s, 2, clock, {}).error(),
            (Error{ErrorKind::transient, "disk full"}));
}

AuditReport audit(const std::vector<std::string>& stored, const std::string& delivered, std::uint64_t dead_letters) {
  Audit audit(parse_id_counts(delivered).value());
  for (const std::string& id : stored) {
    audit.add_stored("document-" + id, id);
  }
  return audit.report(dead_letters);
}

TEST(Audit, HoldsWhenEverythingArrived) {
  const AuditReport report = audit({"a", "b"}, "a 1\nb 1\n", 0);
  EXPECT_TRUE(report.holds());
  EXPECT_EQ(to_text(report), "stored 2 · delivered 2 · missing 0 · duplicate ids 0\ndead letters 0\n");
}

TEST(Audit, FailsWhenSomethingIsMissingAndNamesIt) {
  const AuditReport report = audit({"a", "b", "c"}, "a 1\n", 1);
  EXPECT_FALSE(report.holds());
  EXPECT_EQ(to_text(report),
            "stored 3 · delivered 1 · missing 1 · duplicate ids 0\ndead letters 1\n"
            "did not arrive, for example: document-b, document-c\n");
}

TEST(Audit, HoldsWhenWhatDidNotArriveWasSetAside) { EXPECT_TRUE(audit({"a", "b"}, "a 1\n", 1).holds()); }

TEST(Audit, CountsIdsThatCameTwiceAndThoseNobodyKnows) {
  const AuditReport report = audit({"a", "b"}, "a 3\nb 1\nz 1\n", 0);
  EXPECT_EQ(to_json(report),
            R"({"stored":2,"delivered":2,"missing":0,"duplicateIds":1,"deadLetters":0,"unknownIds":1,"holds":true})");
}

TEST(Audit, RefusesAPageThatIsNoListOfIds) {
  for (const char* page : {"a", "a b", " 1", "a 0", "a 1 \n"}) {
    const auto ids = parse_id_counts(page);
    EXPECT_FALSE(ids.has_value()) << page;
  }
}

}  // namespace
}  // namespace exporter::lab
