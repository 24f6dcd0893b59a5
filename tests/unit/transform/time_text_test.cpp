#include "transform/time_text.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace exporter::transform {
namespace {

std::string text_of(std::int64_t seconds, std::int32_t nanos = 0) {
  std::string out;
  append_time(out, {seconds, nanos});
  return out;
}

TEST(TimeText, HasNoTrailingZerosInItsFraction) {
  EXPECT_EQ(text_of(1736937000), "2025-01-15T10:30:00Z");
  EXPECT_EQ(text_of(1736937000, 100'000'000), "2025-01-15T10:30:00.1Z");
  EXPECT_EQ(text_of(1736937000, 123'456'000), "2025-01-15T10:30:00.123456Z");
  EXPECT_EQ(text_of(1736937000, 120'000), "2025-01-15T10:30:00.00012Z");
  EXPECT_EQ(text_of(1736937000, 1), "2025-01-15T10:30:00.000000001Z");
  EXPECT_EQ(text_of(1736937000, 999'999'999), "2025-01-15T10:30:00.999999999Z");
}

TEST(TimeText, KnowsTheCalendar) {
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text_of(1709164800), "2024-02-29T00:00:00Z");
  EXPECT_EQ(text_of(1709251199), "2024-02-29T23:59:59Z");
  EXPECT_EQ(text_of(951782400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(text_of(4107542400 - 1), "2100-02-28T23:59:59Z");
  EXPECT_EQ(text_of(4107542400), "2100-03-01T00:00:00Z");
  EXPECT_EQ(text_of(-2208988800), "1900-01-01T00:00:00Z");
}

TEST(TimeText, CarriesNanosIntoSeconds) {
  EXPECT_EQ(text_of(1788955199, 1'000'000'000), "2026-09-09T12:00:00Z");
  EXPECT_EQ(text_of(1788955199, 2'000'000'001), "2026-09-09T12:00:01.000000001Z");
  EXPECT_EQ(text_of(1788955199, -1), "2026-09-09T11:59:58.999999999Z");
  EXPECT_EQ(text_of(0, -1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(text_of(86399, std::numeric_limits<std::int32_t>::max()), "1970-01-02T00:00:01.147483647Z");
  EXPECT_EQ(text_of(0, std::numeric_limits<std::int32_t>::min()), "1969-12-31T23:59:57.852516352Z");
}

TEST(TimeText, GoesBelow1970AndBelowYearOne) {
  EXPECT_EQ(text_of(-1, 5), "1969-12-31T23:59:59.000000005Z");
  EXPECT_EQ(text_of(-86400, 1), "1969-12-31T00:00:00.000000001Z");
  EXPECT_EQ(text_of(-62135596800), "0001-01-01T00:00:00Z");
  EXPECT_EQ(text_of(-62135596801), "0000-12-31T23:59:59Z");
  EXPECT_EQ(text_of(-62167219201), "-0001-12-31T23:59:59Z");
}

TEST(TimeText, GoesAboveYear9999) {
  EXPECT_EQ(text_of(253402300799, 999'999'999), "9999-12-31T23:59:59.999999999Z");
  EXPECT_EQ(text_of(253402300800), "10000-01-01T00:00:00Z");
  EXPECT_EQ(text_of(327403382400), "12345-01-01T00:00:00Z");
  EXPECT_EQ(text_of(1788955199123), "58659-09-25T23:45:23Z");
  EXPECT_EQ(text_of(9007199254740993), "285428751-11-12T07:36:33Z");
}

TEST(TimeText, TakesTheEndsOfTheRange) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(text_of(kMax), "292277026596-12-04T15:30:07Z");
  EXPECT_EQ(text_of(kMax, std::numeric_limits<std::int32_t>::max()), "292277026596-12-04T15:30:09.147483647Z");
  EXPECT_EQ(text_of(kMin), "-292277022657-01-27T08:29:52Z");
  EXPECT_EQ(text_of(kMin, -1), "-292277022657-01-27T08:29:51.999999999Z");
}

TEST(TimeText, TakesAWallTimeOnEitherSideOfTheEpoch) {
  EXPECT_EQ(timestamp_of(WallTime(std::chrono::milliseconds(1500))), (event::Timestamp{1, 500'000'000}));
  EXPECT_EQ(timestamp_of(WallTime(std::chrono::milliseconds(-1500))), (event::Timestamp{-2, 500'000'000}));
}

}  // namespace
}  // namespace exporter::transform
