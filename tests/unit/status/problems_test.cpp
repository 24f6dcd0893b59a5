// What is said to be wrong, and what sums it up.
#include "status/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter::status {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class JudgeTest : public testing::Test {
 protected:
  // A service that is well and has nothing to do.
  JudgeTest() {
    status_.uptime = 1h;
    status_.lag.exported = 300ms;
    status_.rates = {.delivered = 0.0, .failed_attempts = 0.0, .received = 0.0};
    status_.dead_letters = 0;
    status_.token.usable = true;
  }

  std::vector<std::string> ids(const std::vector<Obstacle>& obstacles = {}, bool stopping = false) {
    judge(status_, obstacles, stopping);
    std::vector<std::string> found;
    for (const Problem& problem : status_.problems) {
      found.push_back(problem.id);
      EXPECT_FALSE(problem.what.empty());
      EXPECT_FALSE(problem.remedy.empty()) << problem.id << " says what to do";
    }
    return found;
  }

  Status status_;
};

TEST_F(JudgeTest, NothingToDoIsIdleAndNoProblem) {
  EXPECT_THAT(ids(), ElementsAre());
  EXPECT_EQ(status_.state, State::idle);
  EXPECT_EQ(status_.summary, "All events that were read are delivered; waiting for more");
}

TEST_F(JudgeTest, EventsOnTheirWay) {
  status_.queue.events = 3;
  status_.rates.delivered = 118.4;
  status_.lag.exported = 1200ms;
  EXPECT_THAT(ids(), ElementsAre());
  EXPECT_EQ(status_.state, State::delivering);
  EXPECT_EQ(status_.summary, "Delivering 118 events/s; 1.2 s behind");
}

TEST_F(JudgeTest, EachObstacleIsAProblemOfItsOwnWithARemedy) {
  using Kind = Obstacle::Kind;
  EXPECT_THAT(ids({{Kind::lease, "a"},
                   {Kind::start, "b"},
                   {Kind::sink, "c"},
                   {Kind::token, "d"},
                   {Kind::reading, "e"},
                   {Kind::saving, "f"},
                   {Kind::lag, "g"}}),
              ElementsAre("lease", "start", "sink", "token", "reading", "saving", "lag"));
}

TEST_F(JudgeTest, ASickSinkBlocksAndSaysWhatWaits) {
  status_.sink.paused = true;
  status_.queue.events = 1;
  status_.lag.exported = 130min;
  EXPECT_THAT(ids({{Obstacle::Kind::sink, "the sink takes no events: the sink is failing (status 503)"}}),
              ElementsAre("sink"));
  EXPECT_EQ(status_.state, State::blocked);
  EXPECT_EQ(status_.summary, "Delivery is blocked; 1 event waits here, 2 h behind");
  EXPECT_EQ(status_.problems[0].what, "The sink takes no events: the sink is failing (status 503)");
  EXPECT_EQ(status_.problems[0].severity, Severity::error);
}

TEST_F(JudgeTest, ASinkThatWasJustFoundSickIsPausedThoughTheLoopDoesNotShowItYet) {
  ids({{Obstacle::Kind::sink, "x"}});
  EXPECT_TRUE(status_.sink.paused);
}

TEST_F(JudgeTest, SavingThatFailsDoesNotBlock) {
  status_.queue.events = 1;
  ids({{Obstacle::Kind::saving, "progress cannot be saved"}});
  EXPECT_EQ(status_.state, State::delivering);
}

TEST_F(JudgeTest, AStandbyIsWell) {
  status_.lease = Lease{.role = Lease::Role::standby, .self = "b:2", .holder = "a:1", .term = 4s};
  status_.lag = {};
  EXPECT_THAT(ids(), ElementsAre());
  EXPECT_EQ(status_.state, State::standby);
  EXPECT_EQ(status_.summary, "Standing by: a:1 holds the lease and delivers");
}

TEST_F(JudgeTest, AStandbyThatCannotReadTheLeaseIsNot) {
  status_.lease = Lease{.role = Lease::Role::standby, .self = "b:2", .holder = "a:1", .term = 4s};
  EXPECT_THAT(ids({{Obstacle::Kind::lease, "waiting for the lease: no answer"}}), ElementsAre("lease"));
  EXPECT_EQ(status_.state, State::blocked);
}

TEST_F(JudgeTest, WhileNobodyHasTheLeaseItIsStarting) {
  status_.lease = Lease{.role = Lease::Role::none, .self = "b:2", .holder = "", .term = 4s};
  EXPECT_THAT(ids({{Obstacle::Kind::lease, "waiting for the lease"}}), ElementsAre("lease"));
  EXPECT_EQ(status_.state, State::starting);
}

TEST_F(JudgeTest, StartingAndStopping) {
  ids({{Obstacle::Kind::start, "starting"}});
  EXPECT_EQ(status_.state, State::starting);
  ids({{Obstacle::Kind::sink, "x"}}, true);
  EXPECT_EQ(status_.state, State::stopping);
}

TEST_F(JudgeTest, ABackfill) {
  status_.backfill = {.state = Backfill::State::running, .settled = 10, .total = 100};
  ids();
  EXPECT_EQ(status_.state, State::backfilling);
  EXPECT_EQ(status_.summary, "Sending the history: 10 of 100 events");
}

TEST_F(JudgeTest, UnknownLagIsAWarningOnceItShouldBeKnown) {
  status_.lag = {};
  EXPECT_THAT(ids(), ElementsAre("lag"));
  EXPECT_EQ(status_.problems[0].severity, Severity::warning);
  status_.uptime = 10s;
  EXPECT_THAT(ids(), ElementsAre());
}

TEST_F(JudgeTest, DeadLettersAndFailingRequestsAreWarningsBehindTheErrors) {
  status_.dead_letters = 1;
  status_.rates.failed_attempts = 2.0;
  status_.sink.last_failure = Failure{.what = "the sink is failing", .status = 500, .ago = 1s};
  status_.lanes.busiest.push_back({.node = "gpu-7", .waiting = 3, .out = 1, .parallel = false, .stuck = true});
  EXPECT_THAT(ids({{Obstacle::Kind::token, "there is no usable token for the sink"}}),
              ElementsAre("token", "attempts", "stuck", "dead-letters"));
  EXPECT_THAT(status_.problems[1].what, HasSubstr("2 a second; the last one: the sink is failing (status 500)"));
  EXPECT_THAT(status_.problems[2].what, HasSubstr("gpu-7"));
  EXPECT_EQ(status_.problems[3].what, "1 event is set aside as dead letters");
}

TEST_F(JudgeTest, ProgressThatIsNotSavedForLongIsAWarning) {
  status_.position.unsaved = 61s;
  EXPECT_THAT(ids(), ElementsAre("saving"));
  EXPECT_EQ(status_.problems[0].what, "Progress has not been saved for 61 s");
  EXPECT_THAT(ids({{Obstacle::Kind::saving, "progress cannot be saved: no answer"}}), ElementsAre("saving"));
}

TEST_F(JudgeTest, LessHeadroomThanLagIsAWarning) {
  status_.lag.exported = 40min;
  status_.position.headroom = 39min;
  EXPECT_THAT(ids(), ElementsAre("headroom"));
  EXPECT_THAT(status_.problems[0].what, HasSubstr("in about 39 min"));
  status_.position.headroom = 41min;
  EXPECT_THAT(ids(), ElementsAre());
  status_.position.headroom = Duration::max();
  EXPECT_THAT(ids(), ElementsAre());
  status_.position.headroom.reset();
  EXPECT_THAT(ids(), ElementsAre());
  status_.lag.exported = 4min;  // a young server has little history, and keeps all of it
  status_.position.headroom = 1s;
  EXPECT_THAT(ids(), ElementsAre());
}

TEST_F(JudgeTest, ALoopThatStandsStillComesFirst) {
  status_.unhealthy = "the delivery loop has not turned for 31 s";
  EXPECT_THAT(ids({{Obstacle::Kind::sink, "x"}}), ElementsAre("loop", "sink"));
  EXPECT_EQ(status_.state, State::blocked);
}

}  // namespace
}  // namespace exporter::status
