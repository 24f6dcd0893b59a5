// How far behind: up to which moment everything has come past, by what was read and by what was shown not to be there.
#include "pipeline/lag.h"

#include <gtest/gtest.h>

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using event::Mark;

class PassedTest : public ::testing::Test {
 protected:
  // A batch that is read now, whose last event was committed `age` ago by the datastore's clock.
  void read_event(Duration age, Mark::Phase phase = Mark::Phase::stream) {
    event::PreparedBatch batch;
    batch.read_at = now_;
    batch.events.emplace_back().after = {.phase = phase, .position = {"1"}, .changed_at = wall_ - age};
    passed_.batch(batch, now_, wall_);
  }
  void find_nothing() {
    event::PreparedBatch batch;
    batch.read_at = now_;
    batch.caught_up_at = now_;
    passed_.batch(batch, now_, wall_);
  }
  void pass(Duration time) {
    now_ += time;
    wall_ += time;
  }
  [[nodiscard]] std::optional<Duration> lag() const {
    return passed_.up_to() ? std::optional(now_ - *passed_.up_to()) : std::nullopt;
  }

  Passed passed_;
  MonoTime now_{1000s};
  WallTime wall_{1'788'955'200s};
};

TEST_F(PassedTest, IsNotKnownBeforeTheDatastoreHasSaidAnything) {
  EXPECT_EQ(lag(), std::nullopt);
  passed_.batch({}, now_, wall_);
  EXPECT_EQ(lag(), std::nullopt);
}

TEST_F(PassedTest, IsTheAgeOfTheLastChangeWhileThereAreMore) {
  read_event(3h);
  EXPECT_EQ(lag(), 3h);
  pass(10s);
  EXPECT_EQ(lag(), 3h + 10s);
  read_event(2h);
  EXPECT_EQ(lag(), 2h);
}

TEST_F(PassedTest, IsNothingWhenThereWasNothingToReadHoweverOldTheLastChangeIs) {
  read_event(3h);
  find_nothing();
  EXPECT_EQ(lag(), 0s);
}

TEST_F(PassedTest, GrowsFromTheLastAnswer) {
  find_nothing();
  pass(100s);
  EXPECT_EQ(lag(), 100s);
}

TEST_F(PassedTest, ADatastoreWhoseClockIsAheadHidesNothingLater) {
  read_event(-1h);
  EXPECT_EQ(lag(), 0s);
  pass(100s);
  EXPECT_EQ(lag(), 100s);
}

TEST_F(PassedTest, AWallClockThatJumpsChangesNothingThatIsKnown) {
  read_event(1min);
  wall_ += 24h;
  EXPECT_EQ(lag(), 1min);
  wall_ -= 48h;
  EXPECT_EQ(lag(), 1min);
}

TEST_F(PassedTest, AHistorysTimesProveNothingBeyondItsBeginning) {
  read_event(48h, Mark::Phase::history);
  EXPECT_EQ(lag(), 48h);
  pass(1h);
  read_event(-1h, Mark::Phase::history);  // the clock of its writer is ahead
  EXPECT_EQ(lag(), 1h) << "the stream was not read meanwhile";
  read_event(10min);
  EXPECT_EQ(lag(), 10min);
  read_event(0s, Mark::Phase::history);  // read again after a lost position
  pass(1min);
  read_event(0s, Mark::Phase::history);
  EXPECT_EQ(lag(), 1min);
}

TEST_F(PassedTest, ALostPositionDoesNotLookLikeHavingCaughtUp) {
  find_nothing();
  pass(1h);  // nothing is read; then the position is found to be lost, and the stored events are read again
  read_event(1h + 10min, Mark::Phase::history);
  EXPECT_EQ(lag(), 1h);
}

class DeliveredTest : public PassedTest {
 protected:
  void hold(Duration committed, Duration read) {
    status_.oldest_changed_at = wall_ - committed;
    status_.oldest_read_at = now_ - read;
  }
  [[nodiscard]] std::optional<Duration> undelivered() const {
    const auto since = delivered_up_to(status_, passed_, known_, now_, wall_);
    return since ? std::optional(now_ - *since) : std::nullopt;
  }
  HeartStatus status_;
  std::optional<WallTime> known_;
};

TEST_F(DeliveredTest, IsTheAgeOfTheOldestUnsettledEventSinceItsCommit) {
  find_nothing();
  hold(90s, 30s);
  EXPECT_EQ(undelivered(), 90s);
}

TEST_F(DeliveredTest, IsWhatWasReadWhenNothingIsUnsettled) {
  EXPECT_EQ(undelivered(), std::nullopt);
  find_nothing();
  pass(2s);
  EXPECT_EQ(undelivered(), 2s);
}

TEST_F(DeliveredTest, IsNeverLessThanTheTimeSinceTheEventWasRead) {
  hold(-1h, 30s);
  EXPECT_EQ(undelivered(), 30s);
}

TEST_F(DeliveredTest, AnEventThatIsReadAgainByItsIdIsAsOldAsWhatWasSavedBeforeIt) {
  find_nothing();
  status_.oldest_read_at = now_;
  EXPECT_EQ(undelivered(), std::nullopt) << "its age is not known";
  known_ = wall_ - 5min;
  EXPECT_EQ(undelivered(), 5min);
}

}  // namespace
}  // namespace exporter::pipeline
