#include "config/duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace exporter::config {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

struct Good {
  const char* text;
  std::int64_t nanoseconds;
};

TEST(ParseDuration, ReadsEverythingThatGoReads) {
  const Good cases[] = {
      {"0", 0},
      {"+0", 0},
      {"-0", 0},
      {"0s", 0},
      {"5s", 5'000'000'000},
      {"30s", 30'000'000'000},
      {"1478s", 1'478'000'000'000},
      {"-5s", -5'000'000'000},
      {"+5s", 5'000'000'000},
      {"5.0s", 5'000'000'000},
      {"5.6s", 5'600'000'000},
      {"5.s", 5'000'000'000},
      {".5s", 500'000'000},
      {"1.0s", 1'000'000'000},
      {"1.00s", 1'000'000'000},
      {"1.004s", 1'004'000'000},
      {"1.0040s", 1'004'000'000},
      {"100.00100s", 100'001'000'000},
      {"10ns", 10},
      {"11us", 11'000},
      {"12\u00b5s", 12'000},
      {"12\u03bcs", 12'000},
      {"13ms", 13'000'000},
      {"14s", 14'000'000'000},
      {"15m", 900'000'000'000},
      {"16h", 57'600'000'000'000},
      {"720h", 2'592'000'000'000'000},
      {"3h30m", 12'600'000'000'000},
      {"10.5s4m", 250'500'000'000},
      {"-2m3.4s", -123'400'000'000},
      {"1h2m3s4ms5us6ns", 3'723'004'005'006},
      {"39h9m14.425s", 140'954'425'000'000},
      {"52763797000ns", 52'763'797'000},
      {"0.3333333333333333333h", 1'199'999'999'999},
      {"9007199254740993ns", 9'007'199'254'740'993},
      {"9223372036854775807ns", kMax},
      {"9223372036854775.807us", kMax},
      {"9223372036s854ms775us807ns", kMax},
      {"-9223372036854775808ns", kMin},
      {"-9223372036854775.808us", kMin},
      {"-9223372036s854ms775us808ns", kMin},
      {"-2562047h47m16.854775808s", kMin},
      {"0.100000000000000000000h", 360'000'000'000},
      {"0.830103483285477580700h", 2'988'372'539'827},
      {"0.9999999999999999999999999999999999s", 999'999'999},
      {"00000000000000000000000000000001s", 1'000'000'000},
  };
  for (const Good& good : cases) {
    EXPECT_EQ(parse_duration(good.text), Duration(good.nanoseconds)) << good.text;
  }
}

TEST(ParseDuration, RefusesWhatGoRefuses) {
  for (const char* text :
       {"",       "3",          "-",    "+",    "s",      ".",         "-.",     ".s",      "+.s",
        "1d",     "30 seconds", " 30s", "30s ", "1h 30m", "3000000s3", "1e3s",   "0x1s",    "1,5s",
        "1S",     "1M",         "--1s", "+-1s", "1.5",    "1..5s",     "1.2.3s", "s1",      "\x85\x85",
        "1\xc2s", "\xffs",      "inf",  "nan",  "00",     "-00",       "1ms-1s", "1\u00b5", "1usus"}) {
    EXPECT_EQ(parse_duration(text), fail(ErrorKind::invalid, "is not a duration")) << text;
  }
}

TEST(ParseDuration, DetectsOverflowInsteadOfWrapping) {
  for (const char* text :
       {"9223372036854775810ns", "9223372036854775808ns", "-9223372036854775809ns", "9223372036854776us", "3000000h",
        "9223372036854ms775us808ns", "1000000h1000000h1000000h", "99999999999999999999999h", "9223372036.854775808s",
        "-9223372036.854775809s", "18446744073709551616ns", "9223372036854775808ns9223372036854775808ns",
        // Products that wrap to something small: 25 minutes and 0.3 s.
        "5124096h", "18446744074s"}) {
    EXPECT_EQ(parse_duration(text), fail(ErrorKind::invalid, "is longer than 292 years, the longest duration")) << text;
  }
}

TEST(ParseDuration, TellsNonsenseFromOverflow) {
  EXPECT_EQ(parse_duration("9999999999h1x"), fail(ErrorKind::invalid, "is not a duration"));
}

TEST(FormatDuration, IsTheShortestFormThatPeopleWrite) {
  const Good cases[] = {
      {"0s", 0},
      {"1ns", 1},
      {"1us", 1'000},
      {"1.1us", 1'100},
      {"500ms", 500'000'000},
      {"2.2ms", 2'200'000},
      {"1s", 1'000'000'000},
      {"1.5s", 1'500'000'000},
      {"1m", 60'000'000'000},
      {"1m30s", 90'000'000'000},
      {"5m0.001s", 300'001'000'000},
      {"1h", 3'600'000'000'000},
      {"1h30m", 5'400'000'000'000},
      {"1h0.000000001s", 3'600'000'000'001},
      {"720h", 2'592'000'000'000'000},
      {"-1h30m", -5'400'000'000'000},
      {"2562047h47m16.854775807s", kMax},
      {"-2562047h47m16.854775808s", kMin},
  };
  for (const Good& good : cases) {
    EXPECT_EQ(format_duration(Duration(good.nanoseconds)), good.text);
  }
}

TEST(FormatDuration, IsReadBackAsTheSameValue) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    // Every magnitude alike.
    const Duration duration(static_cast<std::int64_t>(random()) >> (random() % 64));
    ASSERT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

}  // namespace
}  // namespace exporter::config
