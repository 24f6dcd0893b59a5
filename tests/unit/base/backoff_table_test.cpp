#include "base/backoff.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace exporter {
namespace {

using namespace std::chrono_literals;

Duration sum(const BackoffOptions& options, std::uint32_t retries) {
  Duration total{};
  for (std::uint32_t retry = 1; retry <= retries; ++retry) {
    total += backoff_delay(options, retry);
  }
  return total;
}

// The table in docs/retries.md: the retries, and what is slept before them in all.
TEST(BackoffTable, HoldsTheFiguresOfTheDocumentation) {
  EXPECT_EQ(sum({.initial = 1s, .cap = 5min, .multiplier = 2}, 17), 2911s);
  EXPECT_EQ(sum({.initial = 1s, .cap = 60s, .multiplier = 2}, 17), 723s);
  const Duration fast = sum({.initial = 100ms, .cap = 10s, .multiplier = 1.5}, 10);
  EXPECT_EQ(std::chrono::round<std::chrono::milliseconds>(fast), 11333ms);
  const Duration conservative = sum({.initial = 5s, .cap = 15min, .multiplier = 2.5}, 30);
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(conservative), 22410s);
  EXPECT_EQ(sum({.initial = 1s, .cap = 60s, .multiplier = 0}, 17), 17s);
  EXPECT_EQ(sum({.initial = 1s, .cap = 60s, .multiplier = 1}, 17), 17s);
  EXPECT_EQ(sum({.initial = 1s, .cap = 0s, .multiplier = 2}, 17), 131071s);
  EXPECT_EQ(sum({.initial = 10min, .cap = 5min, .multiplier = 2}, 3), 15min);
}

TEST(BackoffTable, ReachesTheCapWhereTheDocumentationSays) {
  const BackoffOptions published{.initial = 1s, .cap = 5min, .multiplier = 2};
  EXPECT_EQ(backoff_delay(published, 9), 256s);
  EXPECT_EQ(backoff_delay(published, 10), 5min);
  EXPECT_EQ(backoff_delay(published, std::numeric_limits<std::uint32_t>::max()), 5min);
  const BackoffOptions defaults{.initial = 1s, .cap = 60s, .multiplier = 2};
  EXPECT_EQ(backoff_delay(defaults, 6), 32s);
  EXPECT_EQ(backoff_delay(defaults, 7), 60s);
  const BackoffOptions conservative{.initial = 5s, .cap = 15min, .multiplier = 2.5};
  EXPECT_LT(backoff_delay(conservative, 6), 15min);
  EXPECT_EQ(backoff_delay(conservative, 7), 15min);
}

}  // namespace
}  // namespace exporter
