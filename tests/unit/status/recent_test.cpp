// Rates, delivery times and plots out of counts that only grow.
#include "status/recent.h"

#include <gtest/gtest.h>

namespace exporter::status {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

class RecentTest : public testing::Test {
 protected:
  Recent recent_;
  Counts counts_;
  MonoTime now_ = kStart;

  void step(std::uint64_t delivered, std::uint64_t failed = 0, std::optional<Duration> lag = {},
            Duration took = Recent::kStep, Duration each = 10ms) {
    now_ += took;
    counts_.delivered += delivered;
    counts_.received += delivered;
    counts_.failed_attempts += failed;
    for (std::uint64_t i = 0; i < delivered; ++i) {
      counts_.delivery_times.record(each);
    }
    recent_.add(counts_, lag, now_);
  }
};

TEST_F(RecentTest, OneLookTellsNothingYet) {
  recent_.add(counts_, 1s, now_);
  EXPECT_FALSE(recent_.rates().delivered);
  EXPECT_FALSE(recent_.latency().p50);
  EXPECT_TRUE(recent_.samples().empty());
}

TEST_F(RecentTest, ARateIsWhatWasCountedByTheTimeBetween) {
  step(1000);
  step(100, 10);
  step(300, 30, {}, 6s);
  EXPECT_DOUBLE_EQ(*recent_.rates().delivered, 400.0 / 8);
  EXPECT_DOUBLE_EQ(*recent_.rates().failed_attempts, 40.0 / 8);
  EXPECT_DOUBLE_EQ(*recent_.rates().received, 50);
  const auto samples = recent_.samples();
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_DOUBLE_EQ(*samples[0].delivered, 50);
  EXPECT_DOUBLE_EQ(*samples[1].delivered, 50);
  EXPECT_DOUBLE_EQ(*samples[1].failed, 5);
}

TEST_F(RecentTest, RatesForgetWhatIsOlderThanTenSeconds) {
  step(0);
  step(100000);
  for (int i = 0; i < 5; ++i) {
    step(2);
  }
  EXPECT_DOUBLE_EQ(*recent_.rates().delivered, 1);
}

TEST_F(RecentTest, DeliveryTimesAreThoseOfTheLastMinute) {
  step(0);
  step(100, 0, {}, 2s, 10s);
  for (int i = 0; i < 30; ++i) {
    step(10);
  }
  EXPECT_NEAR(std::chrono::duration<double>(*recent_.latency().p99).count(), 0.01, 0.00125);
  for (int i = 0; i < 31; ++i) {
    step(0);
  }
  EXPECT_FALSE(recent_.latency().p50) << "nothing was accepted for a minute";
}

TEST_F(RecentTest, UnknownLagStaysUnknownInThePlot) {
  step(0);
  step(0, 0, 3s);
  step(0);
  const auto samples = recent_.samples();
  EXPECT_EQ(samples[0].lag, 3s);
  EXPECT_FALSE(samples[1].lag);
  EXPECT_FALSE(samples[1].p50) << "no event, no delivery time";
}

TEST_F(RecentTest, KeepsTenMinutes) {
  for (int i = 0; i < 400; ++i) {
    step(static_cast<std::uint64_t>(i) * 2);
  }
  const auto samples = recent_.samples();
  ASSERT_EQ(samples.size(), 300U);
  EXPECT_DOUBLE_EQ(*samples.back().delivered, 399);
  EXPECT_DOUBLE_EQ(*samples.front().delivered, 100);
}

TEST_F(RecentTest, TwoLooksAtOneMomentAreNoRate) {
  step(1);
  step(1, 0, {}, 0s);
  EXPECT_FALSE(recent_.rates().delivered);
}

}  // namespace
}  // namespace exporter::status
