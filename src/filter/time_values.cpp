#include "filter/time_values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace exporter::filter {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) {
    return std::nullopt;
  }
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) {
      return std::nullopt;
    }
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// ".5" -> 500,000,000. A dot needs a digit behind it.
std::optional<std::int32_t> take_fraction(std::string_view& text) {
  std::int32_t nanos = 0;
  if (!take(text, '.')) {
    return nanos;
  }
  std::int32_t unit = 100'000'000;
  if (text.empty() || !is_digit(text[0])) {
    return std::nullopt;
  }
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    nanos += unit * (text[0] - '0');
    unit /= 10;
  }
  return nanos;
}

std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) {
    return 0;
  }
  const bool west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) {
    return std::nullopt;
  }
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) {
    return std::nullopt;
  }
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
// Longer names first where one begins another.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1000},
                                         {"\u00b5s", 1000},
                                         {"\u03bcs", 1000},
                                         {"ms", 1'000'000},
                                         {"s", kNanosPerSecond},
                                         {"m", 60 * kNanosPerSecond},
                                         {"h", 3600 * kNanosPerSecond}}};

// One "1.5h" from the front, as nanoseconds; negative totals are built by subtracting, so that the smallest fits.
std::optional<std::uint64_t> take_amount(std::string_view& text) {
  std::uint64_t whole = 0;
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
    if (__builtin_mul_overflow(whole, 10U, &whole) ||
        __builtin_add_overflow(whole, static_cast<unsigned>(text[0] - '0'), &whole)) {
      return std::nullopt;
    }
  }
  double fraction = 0;
  if (take(text, '.')) {
    double scale = 1;
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), ++digits) {
      scale /= 10;
      fraction += scale * (text[0] - '0');
    }
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      std::uint64_t nanos = 0;
      const auto part = static_cast<std::uint64_t>(std::llround(fraction * static_cast<double>(unit.nanos)));
      if (__builtin_mul_overflow(whole, static_cast<std::uint64_t>(unit.nanos), &nanos) ||
          __builtin_add_overflow(nanos, part, &nanos)) {
        return std::nullopt;
      }
      return nanos;
    }
  }
  return std::nullopt;
}

std::string_view view(const TimeText& room, const char* end) {
  return {&room.characters[0], static_cast<std::size_t>(end - &room.characters[0])};
}

// The fraction of a second without trailing zeros, with its dot; nothing for 0.
char* put_fraction(char* at, std::int64_t nanos) {
  if (nanos == 0) {
    return at;
  }
  at = fmt::format_to(at, ".{:09}", nanos);
  while (at[-1] == '0') {
    --at;
  }
  return at;
}

}  // namespace

std::optional<Value> parse_timestamp(std::string_view text) {
  const auto year = take_digits(text, 4);
  const bool dash = take(text, '-');
  const auto month = take_digits(text, 2);
  const bool second_dash = take(text, '-');
  const auto day = take_digits(text, 2);
  const bool middle = take(text, 'T') || take(text, 't');
  const auto hour = take_digits(text, 2);
  const bool colon = take(text, ':');
  const auto minute = take_digits(text, 2);
  const bool second_colon = take(text, ':');
  const auto second = take_digits(text, 2);
  if (!year || !dash || !month || !second_dash || !day || !middle || !hour || !colon || !minute || !second_colon ||
      !second) {
    return std::nullopt;
  }
  const auto nanos = take_fraction(text);
  const auto offset = take_offset(text);
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!nanos || !offset || !text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + *hour * 3600 + *minute * 60 + *second - *offset;
  if (seconds < kFirstSecond || seconds > kLastSecond) {
    return std::nullopt;
  }
  return Value::of_timestamp(seconds, *nanos);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (!take(text, '-')) {
    take(text, '+');
  }
  if (text == "0") {
    return 0;
  }
  std::int64_t total = 0;
  bool any = false;
  while (!text.empty()) {
    const auto amount = take_amount(text);
    const bool overflow = amount && (negative ? __builtin_sub_overflow(total, *amount, &total)
                                              : __builtin_add_overflow(total, *amount, &total));
    if (!amount || overflow) {
      return std::nullopt;
    }
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

std::optional<std::int64_t> parse_zone(std::string_view text) {
  if (text.empty() || text == "UTC") {
    return 0;
  }
  const bool west = text.starts_with('-');
  if (!take(text, '-')) {
    take(text, '+');
  }
  const auto hours = take_digits(text, 2);
  const bool colon = take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !colon || !minutes || !text.empty() || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

std::string_view timestamp_text(const Value& timestamp, TimeText& room) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(timestamp.number)};
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(seconds - days);
  char* at = fmt::format_to(&room.characters[0], "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            time.hours().count(), time.minutes().count(), time.seconds().count());
  at = put_fraction(at, timestamp.nanos);
  *at++ = 'Z';
  return view(room, at);
}

std::string_view duration_text(std::int64_t nanoseconds, TimeText& room) {
  char* at = &room.characters[0];
  if (nanoseconds < 0) {
    *at++ = '-';
  }
  const std::uint64_t size =
      nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  constexpr auto kSecond = static_cast<std::uint64_t>(kNanosPerSecond);
  at = fmt::format_to(at, "{}", size / kSecond);
  at = put_fraction(at, static_cast<std::int64_t>(size % kSecond));
  *at++ = 's';
  return view(room, at);
}

std::string_view double_text(double number, TimeText& room) {
  if (std::isnan(number)) {
    return "NaN";
  }
  if (std::isinf(number)) {
    return number > 0 ? "+Inf" : "-Inf";
  }
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e6);
  const auto written = std::to_chars(std::begin(room.characters), std::end(room.characters), number,
                                     plain ? std::chars_format::fixed : std::chars_format::scientific);
  return view(room, written.ptr);
}

std::int64_t part_of_timestamp(const Value& timestamp, std::int64_t zone, Function part) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(timestamp.number + zone)};
  const auto days = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(seconds - days);
  switch (part) {
    case Function::get_full_year:
      return static_cast<int>(date.year());
    case Function::get_month:
      return static_cast<std::int64_t>(static_cast<unsigned>(date.month())) - 1;
    case Function::get_date:
      return static_cast<unsigned>(date.day());
    case Function::get_day_of_month:
      return static_cast<std::int64_t>(static_cast<unsigned>(date.day())) - 1;
    case Function::get_day_of_week:
      return std::chrono::weekday(days).c_encoding();
    case Function::get_day_of_year:
      return (days - std::chrono::sys_days(date.year() / 1 / 1)).count();
    case Function::get_hours:
      return time.hours().count();
    case Function::get_minutes:
      return time.minutes().count();
    case Function::get_seconds:
      return time.seconds().count();
    default:
      return timestamp.nanos / 1'000'000;
  }
}

std::int64_t part_of_duration(std::int64_t nanoseconds, Function part) {
  switch (part) {
    case Function::get_hours:
      return nanoseconds / (3600 * kNanosPerSecond);
    case Function::get_minutes:
      return nanoseconds / (60 * kNanosPerSecond);
    case Function::get_seconds:
      return nanoseconds / kNanosPerSecond;
    default:
      return nanoseconds % kNanosPerSecond / 1'000'000;
  }
}

}  // namespace exporter::filter
