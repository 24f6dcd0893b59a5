#include "transform/time_text.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>

namespace exporter::transform {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// The Gregorian calendar repeats after 400 years.
constexpr std::int64_t kYearsPerCycle = 400;
constexpr std::int64_t kDaysPerCycle = 146'097;

struct Division {
  std::int64_t quotient;
  std::int64_t remainder;  // 0 <= remainder < divisor
};

constexpr Division floor_divide(std::int64_t value, std::int64_t divisor) {
  std::int64_t quotient = value / divisor;
  std::int64_t remainder = value % divisor;
  if (remainder < 0) {
    remainder += divisor;
    --quotient;
  }
  return {quotient, remainder};
}

void append_digits(std::string& out, std::uint64_t value, std::size_t width) {
  char digits[std::numeric_limits<std::uint64_t>::digits10 + 1];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto length = static_cast<std::size_t>(end - digits);
  out.append(width > length ? width - length : 0, '0').append(digits, length);
}

void append_year(std::string& out, std::int64_t year) {
  if (year < 0) {
    out.push_back('-');
  }
  append_digits(out, static_cast<std::uint64_t>(year < 0 ? -year : year), 4);
}

void append_two(std::string& out, char before, std::uint64_t value) {
  out.push_back(before);
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

void append_fraction(std::string& out, std::int64_t nanos) {
  if (nanos == 0) {
    return;
  }
  out.push_back('.');
  append_digits(out, static_cast<std::uint64_t>(nanos), 9);
  out.erase(out.find_last_not_of('0') + 1);
}

}  // namespace

void append_time(std::string& out, const event::Timestamp& time) {
  const auto [carry, nanos] = floor_divide(time.nanos, kNanosPerSecond);
  auto [days, second] = floor_divide(time.seconds, kSecondsPerDay);
  // Added to the second of the day, not to the seconds, which may be at the end of their range.
  const auto [day_carry, second_of_day] = floor_divide(second + carry, kSecondsPerDay);
  days += day_carry;

  // The library's calendar ends with year 32767: ask it about the same day of its own cycle.
  const auto [cycle, day_of_cycle] = floor_divide(days, kDaysPerCycle);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<std::int32_t>(day_of_cycle)))};
  append_year(out, static_cast<int>(date.year()) + cycle * kYearsPerCycle);
  append_two(out, '-', static_cast<unsigned>(date.month()));
  append_two(out, '-', static_cast<unsigned>(date.day()));
  const auto of_day = static_cast<std::uint64_t>(second_of_day);
  append_two(out, 'T', of_day / 3600);
  append_two(out, ':', of_day / 60 % 60);
  append_two(out, ':', of_day % 60);
  append_fraction(out, nanos);
  out.push_back('Z');
}

event::Timestamp timestamp_of(WallTime time) {
  const auto [seconds, nanos] = floor_divide(time.time_since_epoch().count(), kNanosPerSecond);
  return {seconds, static_cast<std::int32_t>(nanos)};
}

}  // namespace exporter::transform
