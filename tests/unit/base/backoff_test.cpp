#include "base/backoff.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr BackoffOptions kPublished{.initial = 1s, .cap = 5min, .multiplier = 2};

TEST(Backoff, ThePublishedSettingsWait2911SecondsInAll) {
  Duration total{};
  for (std::uint32_t retry = 1; retry <= 17; ++retry) {
    total += backoff_delay(kPublished, retry);
  }
  EXPECT_EQ(total, 2911s);
  EXPECT_GT(with_jitter(total, 0), 30min) << "also when all luck is bad";
}

TEST(Backoff, GrowsByTheMultiplierAndStaysAtTheCap) {
  EXPECT_EQ(backoff_delay(kPublished, 1), 1s);
  EXPECT_EQ(backoff_delay(kPublished, 2), 2s);
  EXPECT_EQ(backoff_delay(kPublished, 9), 256s);
  EXPECT_EQ(backoff_delay(kPublished, 10), 5min);
  EXPECT_EQ(backoff_delay(kPublished, 11), 5min);
  EXPECT_EQ(backoff_delay(kPublished, std::numeric_limits<std::uint32_t>::max()), 5min);
}

TEST(Backoff, AMultiplierOfZeroOrBelowOneKeepsTheDelay) {
  for (const double multiplier : {0.0, 0.5, 1.0, -2.0, std::nan("")}) {
    EXPECT_EQ(backoff_delay({.initial = 3s, .cap = 5min, .multiplier = multiplier}, 9), 3s) << multiplier;
  }
}

TEST(Backoff, ACapOfZeroIsNoCapButNothingOverflows) {
  const BackoffOptions uncapped{.initial = 1s, .cap = 0s, .multiplier = 2};
  EXPECT_EQ(backoff_delay(uncapped, 12), 2048s);
  EXPECT_EQ(backoff_delay(uncapped, 5000), 24h * 365);
}

TEST(Backoff, TheFirstDelayObeysTheCapToo) {
  EXPECT_EQ(backoff_delay({.initial = 10s, .cap = 3s, .multiplier = 2}, 1), 3s);
  EXPECT_EQ(backoff_delay({.initial = -10s, .cap = 3s, .multiplier = 2}, 1), 0s);
}

TEST(Backoff, JitterTakesSeventyToAHundredPercent) {
  EXPECT_EQ(with_jitter(10s, 0.0), 7s);
  EXPECT_EQ(with_jitter(10s, 0.5), 8500ms);
  EXPECT_EQ(with_jitter(10s, 1.0), 10s);
}

}  // namespace
}  // namespace exporter
