// The checkers: each can see its broken promise, and lets the whole one pass.
#include "simulation/checker.h"

#include <gtest/gtest.h>

#include "simulation/life_checker.h"

namespace exporter::simulation {
namespace {

using namespace std::chrono_literals;

ports::Checkpoint at(std::string position) {
  return {.position = {std::move(position)}, .watermark = {}, .backfill = {}};
}

class CheckerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      store_.commit();
    }
    checker_.first_started(at("0"));
    life_.started(at("0"));
  }
  static Options options() {
    Options made;
    made.nodes = 1;
    made.workers = 2;
    made.max_retries = 1;
    made.max_bytes = 1000000;
    return made;
  }
  const Document& document(std::size_t index) { return store_.documents()[index]; }
  void take(std::size_t index) {
    sink_.take(document(index));
    checker_.accepted(&document(index));
  }
  void read(std::size_t index) {
    event::PreparedBatch batch;
    batch.events.emplace_back();
    batch.events.back().document_id = document(index).id;
    life_.arrived(batch);
  }
  void answer(std::size_t index, int status) {
    Reply reply;
    reply.status = status;
    life_.answered(document(index), reply, false, false, false);
  }
  ports::DeadLetter letter(std::size_t index, std::string reason) {
    ports::DeadLetter made;
    made.document_id = document(index).id;
    made.reason = std::move(reason);
    return made;
  }
  std::optional<std::string> violation() { return violation_.first(); }

  Options options_ = options();
  Random random_{1};
  SimClock clock_;
  Coverage coverage_;
  Violation violation_;
  Datastore store_{options_, random_, clock_, coverage_};
  Sink sink_{options_, random_, clock_, coverage_};
  Checker checker_{options_, store_, sink_, coverage_, violation_};
  LifeChecker life_{options_, clock_, store_, sink_, checker_, coverage_, violation_};
};

TEST_F(CheckerTest, SeesAPositionThatPassedAnUndeliveredEvent) {
  take(0);
  checker_.saved(at("1"));
  EXPECT_EQ(violation(), std::nullopt);
  checker_.saved(at("2"));
  EXPECT_EQ(violation(), "the saved position 2 passed doc-000002 which is not done with");
}

TEST_F(CheckerTest, SeesAPlaceAheadThatPassedAnEventThatIsNotPending) {
  take(0);
  ports::Checkpoint checkpoint = at("1");
  checkpoint.ahead = {.position = {"3"}, .pending = {"doc-000002", "doc-000003"}};
  checker_.saved(checkpoint);
  EXPECT_EQ(violation(), std::nullopt);
  checkpoint.ahead->pending.pop_back();
  checker_.saved(checkpoint);
  EXPECT_EQ(violation(), "the place 3 ahead passed doc-000003, neither done with nor pending");
}

TEST_F(CheckerTest, SeesAPositionThatMovedBack) {
  take(0);
  checker_.saved(at("1"));
  checker_.saved(at("0"));
  EXPECT_EQ(violation(), "the saved position moved back from 1 to 0");
}

TEST_F(CheckerTest, SeesDisorderWithinANode) {
  take(1);
  take(0);
  EXPECT_EQ(violation(), "doc-000001 of node-0 was accepted for the first time after a later one");
}

TEST_F(CheckerTest, SeesARepeatThatNothingExplains) {
  take(0);
  checker_.answer_lost(document(0));
  take(0);
  EXPECT_EQ(violation(), std::nullopt);
  take(1);
  take(1);
  EXPECT_EQ(violation(), "the sink was sent doc-000002 again though nothing was lost");
}

TEST_F(CheckerTest, SeesAnEventThatNeverArrived) {
  take(0);
  take(1);
  EXPECT_FALSE(checker_.complete(at("3")));
  checker_.finished(at("3"), 0);
  EXPECT_EQ(violation(), "doc-000003 was never delivered");
}

TEST_F(CheckerTest, SeesAPositionThatStaysBehind) {
  take(0);
  take(1);
  take(2);
  EXPECT_TRUE(checker_.complete(at("3")));
  checker_.finished(at("2"), 0);
  EXPECT_EQ(violation(), "the saved position is 2, the oldest that is not done with 4");
}

TEST_F(CheckerTest, SeesAnEventUnsettledInAWellWorld) {
  take(0);
  take(1);
  take(2);
  checker_.finished(at("3"), 1);
  EXPECT_EQ(violation(), "1 events are still unsettled in a world that is well");
}

TEST_F(CheckerTest, SeesTwoRequestsOfOneNode) {
  read(0);
  read(1);
  life_.sent(document(0), false);
  EXPECT_EQ(violation(), std::nullopt);
  life_.sent(document(1), false);
  EXPECT_EQ(violation(), "2 requests in flight for node-0");
}

TEST_F(CheckerTest, SeesMoreRequestsThanWorkers) {
  options_.ordering = dispatch::Ordering::none;
  for (std::size_t i = 0; i < 3; ++i) {
    read(i);
    life_.sent(document(i), false);
  }
  EXPECT_EQ(violation(), "3 requests in flight, 2 workers");
}

TEST_F(CheckerTest, SeesWhatIsSentThoughItIsSettled) {
  read(0);
  life_.sent(document(0), false);
  answer(0, 202);
  EXPECT_EQ(violation(), std::nullopt);
  life_.sent(document(0), false);
  EXPECT_EQ(violation(), "doc-000001 was sent after it was settled");
}

TEST_F(CheckerTest, SeesWhatIsSentAgainAfterARestartBehindIt) {
  life_.started(at("1"));
  read(0);
  life_.sent(document(0), false);
  EXPECT_EQ(violation(), "doc-000001 was sent though the saved position 1 lies behind it");
}

TEST_F(CheckerTest, SeesAPausedSinkThatIsAskedTooOften) {
  read(0);
  read(1);
  Reply reply;
  reply.status = 404;
  life_.sent(document(0), false);
  life_.answered(document(0), reply, false, false, true);
  clock_.set(MonoTime(1s));
  life_.sent(document(0), true);
  life_.answered(document(0), reply, true, true, true);
  EXPECT_EQ(violation(), std::nullopt);
  clock_.set(MonoTime(1500ms));
  life_.sent(document(0), true);
  EXPECT_EQ(violation(), "a sink that is paused was asked 500 ms too early");
}

TEST_F(CheckerTest, SeesARequestBeforeTheTimeThatTheSinkAskedFor) {
  read(0);
  Reply reply;
  reply.status = 503;
  reply.wait = 3s;
  life_.sent(document(0), false);
  life_.answered(document(0), reply, false, false, false);
  clock_.set(MonoTime(2s));
  life_.sent(document(0), false);
  EXPECT_EQ(violation(), "doc-000001 was sent 1000 ms before the time that the sink asked for");
}

TEST_F(CheckerTest, SeesTooManyBytes) {
  options_.max_bytes = 1;
  for (int i = 0; i < 3; ++i) {
    store_.commit();
  }
  for (std::size_t i = 0; i < 6; ++i) {
    read(i);
  }
  EXPECT_EQ(violation(), std::nullopt) << "a few may come in when nothing moves";
  life_.sent(document(0), false);
  store_.commit();
  read(6);
  ASSERT_TRUE(violation());
  EXPECT_TRUE(violation()->starts_with("more was read with ")) << *violation();
}

TEST_F(CheckerTest, SeesAGoodEventAmongTheDeadLetters) {
  read(0);
  life_.set_aside(letter(0, "undecodable"));
  EXPECT_EQ(violation(), "doc-000001 was set aside (undecodable, status 0) without cause");
}

TEST_F(CheckerTest, SeesARefusedEventSetAsideWithoutEvidence) {
  read(0);
  life_.sent(document(0), false);
  answer(0, 400);
  life_.set_aside(letter(0, "refused"));
  EXPECT_EQ(violation(), "doc-000001 was set aside (refused, status 0) without cause");
}

TEST_F(CheckerTest, SeesAnExhaustedEventThatOnlyAnOutageKept) {
  read(0);
  read(1);
  life_.sent(document(0), false);
  answer(0, 202);
  for (int i = 1; i <= 6; ++i) {
    clock_.set(MonoTime(i * 1s));
    life_.sent(document(1), false);
    answer(1, 503);
  }
  life_.set_aside(letter(1, "exhausted"));
  EXPECT_EQ(violation(), "doc-000002 was set aside (exhausted, status 0) without cause") << "none was taken since";
}

TEST_F(CheckerTest, SeesADrainThatForgotToSave) {
  read(0);
  life_.sent(document(0), false);
  answer(0, 202);
  life_.drained(at("1"));
  EXPECT_EQ(violation(), std::nullopt);
  life_.drained(at("0"));
  EXPECT_EQ(violation(), "stopped with doc-000001 settled and neither the position nor the place ahead behind it");
}

}  // namespace
}  // namespace exporter::simulation
