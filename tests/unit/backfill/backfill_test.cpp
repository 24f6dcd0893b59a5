#include "backfill/backfill.h"

#include <gtest/gtest.h>

namespace exporter::backfill {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{100s};

TEST(Pace, WithoutALimitEverythingMayGo) {
  Pace pace(0, kStart);
  EXPECT_EQ(pace.allowance(500, kStart), 500u);
  pace.spend(500);
  EXPECT_EQ(pace.allowance(500, kStart), 500u);
  EXPECT_EQ(pace.next(kStart), kStart);
}

TEST(Pace, HoldsTheDocumentedRateOverTime) {
  for (const std::uint64_t rate : {1u, 3u, 10u, 1000u, 50000u}) {
    Pace pace(rate, kStart);
    std::uint64_t sent = 0;
    MonoTime now = kStart;
    while (now < kStart + 20s) {
      if (const std::size_t allowed = pace.allowance(500, now); allowed > 0) {
        pace.spend(allowed);
        sent += allowed;
      } else {
        const MonoTime next = pace.next(now);
        ASSERT_GT(next, now);
        now = next;
      }
      now += 10us;
    }
    const double expected = 20.0 * static_cast<double>(rate);
    EXPECT_LE(static_cast<double>(sent), expected + std::max(2.0, expected / 100)) << rate;
    EXPECT_GE(static_cast<double>(sent), expected * 0.95 - 1) << rate;
  }
}

TEST(Backfill, ReadsPagesAndMovesItsCursor) {
  Backfill backfill({.enabled = true, .max_age = 1h, .max_events = 10, .page_size = 4, .rate_limit = 0}, "start",
                    kStart);
  EXPECT_EQ(backfill.page(kStart), 4u);
  backfill.arrived(4, "after-4");
  EXPECT_EQ(backfill.cursor(), "after-4");
}

}  // namespace
}  // namespace exporter::backfill
