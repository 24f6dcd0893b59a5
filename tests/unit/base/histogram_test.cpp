// Percentiles out of growing buckets.
#include "base/histogram.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, TellsPercentilesWithinItsPrecision) {
  Histogram<5> histogram;
  for (int millis = 1; millis <= 1000; ++millis) {
    histogram.record(std::chrono::milliseconds(millis));
  }
  EXPECT_EQ(histogram.count(), 1000U);
  EXPECT_EQ(histogram.max(), 1s);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.5).count()), 500e6, 500e6 * 0.032);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.99).count()), 990e6, 990e6 * 0.032);
  EXPECT_EQ(histogram.percentile(1), 1s);
}

TEST(Histogram, KeepsSmallValuesExactlyAndNegativeOnesAsZero) {
  Histogram<5> histogram;
  histogram.record(Duration(-5));
  EXPECT_EQ(histogram.percentile(1), Duration(0));
  histogram.record(Duration(31));
  EXPECT_EQ(histogram.percentile(1), Duration(31));
}

TEST(Histogram, TakesTheLongestDuration) {
  Histogram<5> histogram;
  histogram.record(Duration::max());
  EXPECT_EQ(histogram.percentile(0.5), Duration::max());
}

TEST(Histogram, OfNothingIsZero) { EXPECT_EQ(Histogram<5>().percentile(0.99), Duration::zero()); }

TEST(Histogram, CountsWhatCameSinceAnEarlierCopy) {
  Histogram<3> histogram;
  histogram.record(1h);
  const Histogram<3> earlier = histogram;
  histogram.record(10ms);
  const Histogram<3> difference = histogram.since(earlier);
  EXPECT_EQ(difference.count(), 1U);
  EXPECT_NEAR(static_cast<double>(difference.percentile(1).count()), 10e6, 10e6 * 0.125);
}

}  // namespace
}  // namespace exporter
