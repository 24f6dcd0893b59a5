#include "config/duration.h"

#include <array>
#include <cstdint>
#include <optional>

namespace exporter::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

// The magnitude of the smallest duration: one more than that of the largest.
constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
std::uint64_t digit(char c) { return static_cast<std::uint64_t>(c - '0'); }

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) {
    ++count;
  }
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

const Unit* take_unit(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] != '.' && !is_digit(text[count])) {
    ++count;
  }
  const std::string_view name = text.substr(0, count);
  text.remove_prefix(count);
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

// Nothing when the result would pass kLimit.
std::optional<std::uint64_t> scaled(std::string_view whole, std::string_view fraction, std::uint64_t unit) {
  std::uint64_t value = 0;
  for (const char c : whole) {
    if (value > (kLimit - digit(c)) / 10) {
      return std::nullopt;
    }
    value = value * 10 + digit(c);
  }
  if (value > kLimit / unit) {
    return std::nullopt;
  }
  value *= unit;
  // From the last digit to the first, each step cut to whole nanoseconds: floor((n + x) / 10) is floor((n + floor(x)) /
  // 10) for a whole n, so the sum is exact whatever the number of digits.
  std::uint64_t part = 0;
  for (std::size_t i = fraction.size(); i > 0; --i) {
    part = (part + digit(fraction[i - 1]) * unit) / 10;
  }
  if (value > kLimit - part) {
    return std::nullopt;
  }
  return value + part;
}

Result<Duration> not_a_duration() { return fail(ErrorKind::invalid, "is not a duration"); }
Result<Duration> too_long() { return fail(ErrorKind::invalid, "is longer than 292 years, the longest duration"); }

// "1.500000000" -> "1.5", "2.000000000" -> "2".
std::string decimal(std::uint64_t value, std::uint64_t unit) {
  std::string text = std::to_string(value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) {
    return text;
  }
  text += '.';
  while (rest != 0) {
    unit /= 10;
    text += static_cast<char>('0' + static_cast<char>(rest / unit));
    rest %= unit;
  }
  return text;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  if (text == "0") {
    return Duration::zero();
  }
  if (text.empty()) {
    return not_a_duration();
  }

  std::uint64_t total = 0;
  bool overflow = false;
  while (!text.empty()) {
    const std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take_digits(text);
    }
    if (whole.empty() && fraction.empty()) {
      return not_a_duration();
    }
    const Unit* unit = take_unit(text);
    if (unit == nullptr) {
      return not_a_duration();
    }
    const std::optional<std::uint64_t> value = scaled(whole, fraction, unit->nanoseconds);
    overflow = overflow || !value || *value > kLimit - total;
    if (!overflow) {
      total += *value;
    }
  }
  // The smallest duration has no positive counterpart.
  if (overflow || (!negative && total == kLimit)) {
    return too_long();
  }
  if (!negative) {
    return Duration(static_cast<std::int64_t>(total));
  }
  return total == kLimit ? Duration::min() : Duration(-static_cast<std::int64_t>(total));
}

std::string format_duration(Duration duration) {
  const std::int64_t count = duration.count();
  if (count == 0) {
    return "0s";
  }
  // 0 - x in unsigned arithmetic is right for the smallest value too.
  std::uint64_t rest = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  std::string text = count < 0 ? "-" : "";
  if (rest < 1'000) {
    return text + std::to_string(rest) + "ns";
  }
  if (rest < 1'000'000) {
    return text + decimal(rest, 1'000) + "us";
  }
  if (rest < 1'000'000'000) {
    return text + decimal(rest, 1'000'000) + "ms";
  }
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  constexpr std::uint64_t kMinute = 60'000'000'000;
  if (rest >= kHour) {
    text += std::to_string(rest / kHour) + "h";
  }
  rest %= kHour;
  if (rest >= kMinute) {
    text += std::to_string(rest / kMinute) + "m";
  }
  rest %= kMinute;
  if (rest > 0) {
    text += decimal(rest, 1'000'000'000) + "s";
  }
  return text;
}

}  // namespace exporter::config
