// One contender, told everything by hand. Two and three of them: leadership_simulation_test.cpp.
#include "checkpoint/leadership.h"

#include <gtest/gtest.h>

#include <vector>

namespace exporter::checkpoint {
namespace {

using namespace std::chrono_literals;
using Ask = Leadership::Ask;
using ports::LeaseRecord;

constexpr MonoTime kStart{100s};
const LeaseRecord kOther{.holder = "other", .epoch = 7, .beat = 3};

class LeadershipTest : public ::testing::Test {
 protected:
  // As a holder of epoch 8 since kStart.
  void hold() {
    machine_.saw(kOther, true, kStart);
    machine_.took(true, kStart, kStart);
  }
  Leadership machine_{{.holder = "me", .term = 4s}};
};

TEST_F(LeadershipTest, ALeaseThatNobodyEverHadIsTakenAtOnce) {
  EXPECT_EQ(machine_.next(kStart).ask, Ask::read);
  machine_.saw(std::nullopt, false, kStart);
  EXPECT_EQ(machine_.next(kStart).ask, Ask::take);
  machine_.took(true, kStart, kStart + 10ms);
  EXPECT_EQ(machine_.tenure(), (ports::Fence{"me", 1}));
}

TEST_F(LeadershipTest, ALeaseGivenBackIsTakenAtOnce) {
  machine_.saw(LeaseRecord{.holder = "", .epoch = 7, .beat = 3}, false, kStart);
  EXPECT_EQ(machine_.next(kStart).ask, Ask::take);
  machine_.took(true, kStart, kStart);
  EXPECT_EQ(machine_.tenure()->epoch, 8U);
}

TEST_F(LeadershipTest, ADeadHoldersLeaseIsTakenAtOnce) {
  machine_.saw(kOther, true, kStart);
  EXPECT_EQ(machine_.next(kStart).ask, Ask::take);
}

TEST_F(LeadershipTest, AnotherOnesLeaseIsWatchedForTheTermCountedFromTheFirstSight) {
  machine_.saw(kOther, false, kStart);
  MonoTime now = kStart;
  while (machine_.next(now).ask != Ask::take) {
    now = machine_.next(now).at;
    ASSERT_LE(now, kStart + 4s);
    ASSERT_EQ(machine_.next(now).ask, Ask::read);
    machine_.saw(kOther, false, now);
  }
  EXPECT_EQ(now, kStart + 4s);
}

TEST_F(LeadershipTest, EachSignOfLifeBeginsTheTermAnew) {
  LeaseRecord record = kOther;
  MonoTime now = kStart;
  for (int beat = 0; beat < 10; ++beat, now += 3900ms) {
    ++record.beat;
    machine_.saw(record, false, now);
    EXPECT_NE(machine_.next(now).ask, Ask::take);
  }
  machine_.saw(record, false, now + 99ms);
  EXPECT_NE(machine_.next(now + 99ms).ask, Ask::take);
  machine_.saw(record, false, now + 100ms);
  EXPECT_EQ(machine_.next(now + 100ms).ask, Ask::take);
}

TEST_F(LeadershipTest, ARecordThatVanishedMayComeBackWithItsHolder) {
  machine_.saw(kOther, false, kStart);
  machine_.saw(std::nullopt, false, kStart + 1s);
  EXPECT_NE(machine_.next(kStart + 1s).ask, Ask::take);
  machine_.saw(std::nullopt, false, kStart + 5s);
  EXPECT_EQ(machine_.next(kStart + 5s).ask, Ask::take);
}

TEST_F(LeadershipTest, AnOwnRecordIsALostAnswerAndIsTakenAnew) {
  machine_.saw(std::nullopt, false, kStart);
  machine_.failed(kStart + 2s);
  EXPECT_FALSE(machine_.holder());
  machine_.saw(LeaseRecord{.holder = "me", .epoch = 1, .beat = 0}, false, kStart + 3s);
  EXPECT_EQ(machine_.next(kStart + 3s).ask, Ask::take);
  machine_.took(true, kStart + 3s, kStart + 3s);
  EXPECT_EQ(machine_.tenure()->epoch, 2U);
}

TEST_F(LeadershipTest, WhoLosesTheRaceGoesOnWatching) {
  machine_.saw(kOther, true, kStart);
  machine_.took(false, kStart, kStart);
  EXPECT_FALSE(machine_.holder());
  EXPECT_EQ(machine_.next(kStart).at, kStart + 500ms);
  EXPECT_EQ(machine_.next(kStart + 500ms).ask, Ask::read);
}

TEST_F(LeadershipTest, AHolderRenewsFourTimesATerm) {
  hold();
  EXPECT_EQ(machine_.next(kStart).at, kStart + 1s);
  EXPECT_EQ(machine_.next(kStart + 1s).ask, Ask::renew);
  machine_.renewed(true, kStart + 1s, kStart + 1500ms);
  EXPECT_EQ(machine_.next(kStart + 1500ms).at, kStart + 2s);
}

TEST_F(LeadershipTest, AHolderStopsAMarginBeforeItsTermCountedFromBeforeItAsked) {
  hold();
  machine_.renewed(true, kStart + 1s, kStart + 3900ms);
  EXPECT_TRUE(machine_.may_send(kStart + 3999ms));
  EXPECT_FALSE(machine_.may_send(kStart + 4s));
}

TEST_F(LeadershipTest, RenewalsWithoutAnAnswerOnlyLetTheTimePass) {
  hold();
  MonoTime now = kStart + 1s;
  for (; now < kStart + 20s; now = machine_.next(now).at) {
    ASSERT_EQ(machine_.next(now).ask, Ask::renew);
    machine_.failed(now);
    EXPECT_EQ(machine_.may_send(now), now < kStart + 3s);
  }
  machine_.renewed(true, now, now + 1s);
  EXPECT_TRUE(machine_.may_send(now + 1s));
  EXPECT_EQ(machine_.tenure()->epoch, 8U);
}

TEST_F(LeadershipTest, NotOursDeposesAtOnce) {
  hold();
  machine_.renewed(false, kStart + 1s, kStart + 1s);
  EXPECT_FALSE(machine_.may_send(kStart + 1s));
  EXPECT_FALSE(machine_.holder());
  EXPECT_EQ(machine_.next(kStart + 1s).ask, Ask::read);
  machine_.saw(LeaseRecord{.holder = "other", .epoch = 9, .beat = 0}, false, kStart + 1s);
  EXPECT_NE(machine_.next(kStart + 1s).ask, Ask::take);
}

TEST_F(LeadershipTest, WhoResignsMaySendNoMore) {
  hold();
  machine_.resign(kStart + 1s);
  EXPECT_FALSE(machine_.may_send(kStart + 1s));
  EXPECT_FALSE(machine_.holder());
}

TEST_F(LeadershipTest, AfterAnOutageTheHolderMayRenewFirst) {
  machine_.saw(kOther, false, kStart);
  machine_.failed(kStart + 10s);
  machine_.saw(kOther, false, kStart + 10500ms);
  EXPECT_NE(machine_.next(kStart + 10500ms).ask, Ask::take);
  machine_.saw(kOther, false, kStart + 12s);
  EXPECT_EQ(machine_.next(kStart + 12s).ask, Ask::take);
}

TEST_F(LeadershipTest, ADatastoreThatDoesNotAnswerIsAskedAtGrowingIntervals) {
  std::vector<Duration> pauses;
  MonoTime now = kStart;
  for (int failure = 0; failure < 6; ++failure) {
    machine_.failed(now);
    pauses.push_back(machine_.next(now).at - now);
    now = machine_.next(now).at;
  }
  EXPECT_EQ(pauses, (std::vector<Duration>{500ms, 1s, 2s, 4s, 5s, 5s}));
  machine_.saw(kOther, false, now);
  machine_.failed(now);
  EXPECT_EQ(machine_.next(now).at - now, 500ms);
}

TEST_F(LeadershipTest, AStandbyOfALongTermStillLooksTwiceASecond) {
  EXPECT_EQ(Leadership::poll(1h), 500ms);
  EXPECT_EQ(Leadership::poll(1s), 250ms);
  EXPECT_EQ(Leadership::beat(1h), 5s);
  EXPECT_EQ(Leadership::margin(1h), 1s);
  EXPECT_EQ(Leadership::margin(1s), 250ms);
}

}  // namespace
}  // namespace exporter::checkpoint
