#include "tracing/traced_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "tracing/traced_dead_letters.h"
#include "unit/tracing/fixture.h"

namespace exporter::tracing {
namespace {

using std::chrono::milliseconds;

constexpr Duration kWork = milliseconds(5);

class FakeHistory final : public ports::History {
 public:
  explicit FakeHistory(exporter::testing::ManualClock& clock) : clock_(clock) {}

  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& /*window*/) override {
    clock_.advance(kWork);
    return fails ? Result<ports::HistoryPlan>(fail(ErrorKind::transient, "no answer"))
                 : ports::HistoryPlan{.cursor = {}, .events = 3};
  }
  Result<void> page(const std::string& /*cursor*/, std::size_t /*limit*/, event::RawBatch& batch) override {
    clock_.advance(kWork);
    if (fails) {
      return fail(ErrorKind::transient, "no answer");
    }
    batch.clear();
    for (std::size_t i = 0; i < sizes.front(); ++i) {
      batch.add("id", "{}", {});
    }
    sizes.pop_front();
    return {};
  }

  bool fails = false;
  std::deque<std::size_t> sizes;

 private:
  exporter::testing::ManualClock& clock_;
};

class TracedHistoryTest : public ::testing::Test {
 protected:
  void start(double ratio = 1) {
    traced_.emplace(
        history_,
        DatabaseAttributes{
            .system = "mongodb", .collection = "HealthEvents", .count = "aggregate", .read = "find", .peer = "mongo-0"},
        recorder_, clock_, Sampler(ratio), 3);
  }
  void plan() {
    plan_ = traced_->plan({.not_before = WallTime(std::chrono::seconds(60)), .max_events = 10, .until = {}});
  }
  void pages(std::deque<std::size_t> sizes) {
    history_.sizes = std::move(sizes);
    while (!history_.sizes.empty()) {
      read_ = traced_->page("", 2, batch_);
    }
  }

  exporter::testing::ManualClock clock_;
  KeepingRecorder recorder_;
  FakeHistory history_{clock_};
  std::optional<TracedHistory> traced_;
  Result<ports::HistoryPlan> plan_;
  Result<void> read_;
  event::RawBatch batch_;
};

std::vector<std::string> names(const std::vector<Span>& spans) {
  std::vector<std::string> all;
  for (const Span& span : spans) {
    all.push_back(span.name);
  }
  return all;
}

const Span& last_named(const std::vector<Span>& spans, const std::string& name) {
  const auto found = std::find_if(spans.rbegin(), spans.rend(), [&](const Span& span) { return span.name == name; });
  EXPECT_NE(found, spans.rend()) << name;
  return found == spans.rend() ? spans.front() : *found;
}

TEST_F(TracedHistoryTest, ABackfillIsATraceWithTheDatastoresWorkInIt) {
  start();
  plan();
  pages({2, 1, 0});
  const std::vector<Span> spans = recorder_.spans();
  EXPECT_EQ(names(spans), (std::vector<std::string>{"HealthEvents.aggregate", "event_exporter.backfill.query",
                                                    "HealthEvents.find", "HealthEvents.find", "HealthEvents.find",
                                                    "event_exporter.backfill.process", "event_exporter.backfill"}));
  const Span& root = last_named(spans, "event_exporter.backfill");
  const Span& query = last_named(spans, "event_exporter.backfill.query");
  const Span& process = last_named(spans, "event_exporter.backfill.process");
  const Span& find = last_named(spans, "HealthEvents.find");
  EXPECT_EQ(root.parent, SpanId{});
  EXPECT_EQ(query.parent, root.context.span_id);
  EXPECT_EQ(process.parent, root.context.span_id);
  EXPECT_EQ(find.parent, process.context.span_id);
  EXPECT_EQ(spans[0].parent, query.context.span_id);
  EXPECT_EQ(process.took, 3 * kWork);
  EXPECT_EQ(root.took, 4 * kWork);
  EXPECT_EQ(attribute(root, "event_exporter.backfill.events_processed"), "3");
  EXPECT_EQ(attribute(query, "event_exporter.backfill.query.start"), "1970-01-01T00:01:00Z");
  EXPECT_EQ(attribute(query, "event_exporter.backfill.query.end"), "1970-01-01T00:16:40Z");
  EXPECT_EQ(attribute(query, "event_exporter.backfill.query.max_events"), "10");
  EXPECT_EQ(find.kind, Span::Kind::client);
  EXPECT_EQ(attribute(find, "db.system.name"), "mongodb");
  EXPECT_EQ(attribute(find, "db.operation.name"), "find");
  EXPECT_EQ(attribute(find, "db.collection.name"), "HealthEvents");
  EXPECT_EQ(attribute(find, "network.peer.address"), "mongo-0");
  EXPECT_EQ(attribute(find, "db.duration_ms"), "5.000000");
  for (const Span& span : spans) {
    EXPECT_FALSE(span.failed);
    EXPECT_EQ(span.context.trace_id, root.context.trace_id);
  }
}

TEST_F(TracedHistoryTest, APlanThatFailsIsABackfillThatFailed) {
  start();
  history_.fails = true;
  plan();
  EXPECT_FALSE(plan_);
  const std::vector<Span> spans = recorder_.spans();
  EXPECT_EQ(names(spans), (std::vector<std::string>{"HealthEvents.aggregate", "event_exporter.backfill.query",
                                                    "event_exporter.backfill"}));
  EXPECT_EQ(attribute(spans[1], "event_exporter.error.type"), "find_events_error");
  EXPECT_EQ(attribute(spans[1], "event_exporter.error.message"), "no answer");
  EXPECT_EQ(attribute(spans[2], "event_exporter.backfill.status"), "failed");
  EXPECT_EQ(attribute(spans[0], "error.type"), "transient");
  EXPECT_TRUE(spans[0].failed && spans[1].failed && spans[2].failed);
}

TEST_F(TracedHistoryTest, APageThatFailsIsReadAgainAndTheBackfillGoesOn) {
  start();
  plan();
  history_.fails = true;
  EXPECT_FALSE(traced_->page("", 2, batch_));
  history_.fails = false;
  pages({0});
  const std::vector<Span> spans = recorder_.spans();
  EXPECT_TRUE(spans[2].failed);
  EXPECT_FALSE(spans[3].failed);
  EXPECT_FALSE(last_named(spans, "event_exporter.backfill").failed);
}

TEST_F(TracedHistoryTest, OneThatIsCutOffSaysSo) {
  start();
  plan();
  pages({2});
  traced_.reset();
  const std::vector<Span> spans = recorder_.spans();
  EXPECT_EQ(attribute(last_named(spans, "event_exporter.backfill"), "event_exporter.backfill.status"),
            "partial_success");
  EXPECT_EQ(attribute(last_named(spans, "event_exporter.backfill.process"), "event_exporter.error.type"),
            "context_done_error");
}

TEST_F(TracedHistoryTest, OneThatGoesOnAfterARestartHasNoQuery) {
  start();
  pages({1, 0});
  EXPECT_EQ(names(recorder_.spans()),
            (std::vector<std::string>{"HealthEvents.find", "HealthEvents.find", "event_exporter.backfill.process",
                                      "event_exporter.backfill"}));
}

TEST_F(TracedHistoryTest, OneThatIsNotSampledLeavesNothing) {
  start(0);
  plan();
  pages({1, 0});
  EXPECT_TRUE(plan_ && read_);
  traced_.reset();
  EXPECT_TRUE(recorder_.records.empty());
}

class FakeLetters final : public ports::DeadLetters {
 public:
  Result<void> put(const ports::DeadLetter&) override { return answer; }
  Result<std::uint64_t> count() override { return 0; }
  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>&, std::size_t) override {
    return std::vector<ports::DeadLetter>();
  }
  Result<std::optional<ports::DeadLetter>> find(const std::string&) override { return std::nullopt; }
  Result<std::uint64_t> remove(std::span<const std::string>) override { return 0; }

  Result<void> answer;
};

TEST(TracedDeadLetters, AreInTheTraceOfTheirEventAndOnlyThere) {
  const exporter::testing::ManualClock clock;
  KeepingRecorder recorder;
  FakeLetters letters;
  TracedDeadLetters traced(letters,
                           {.system = "sqlite", .collection = "dead_letters", .count = {}, .read = {}, .peer = {}},
                           "INSERT", recorder, clock, 1);
  ports::DeadLetter letter;
  EXPECT_TRUE(traced.put(letter));
  EXPECT_TRUE(recorder.records.empty());
  letter.trace = {*trace_id_from("4bf92f3577b34da6a3ce929d0e0e4736"), *span_id_from("00f067aa0ba902b7")};
  letters.answer = fail(ErrorKind::transient, "disk full");
  EXPECT_FALSE(traced.put(letter));
  const std::vector<Span> spans = recorder.spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "dead_letters.INSERT");
  EXPECT_EQ(spans[0].context.trace_id, letter.trace.trace_id);
  EXPECT_EQ(spans[0].parent, letter.trace.span_id);
  EXPECT_EQ(attribute(spans[0], "network.peer.address"), "(none)");
  EXPECT_EQ(spans[0].error, "disk full");
}

}  // namespace
}  // namespace exporter::tracing
