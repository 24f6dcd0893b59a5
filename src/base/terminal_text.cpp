#include "base/terminal_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace exporter {

namespace {

// Of a sequence of two or three bytes; those of four hide nothing.
std::uint32_t code_point(std::string_view sequence) {
  const auto bits = [&sequence](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[index]) & 0x3fU);
  };
  return sequence.size() == 2 ? (bits(0) & 0x1fU) << 6U | bits(1) : (bits(0) & 0x0fU) << 12U | bits(1) << 6U | bits(2);
}

// Unicode Standard Annex #9, section 2: the formatting characters; chapter 23.1 and 23.2: control codes, separators.
bool hides(std::uint32_t point) {
  return (point >= 0x7f && point <= 0x9f) || point == 0x061c || point == 0x200e || point == 0x200f ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

void append_escape(std::string& out, std::uint32_t point) {
  switch (point) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", point);
  }
}

// "1.5", "12": the number without zeros behind the point, and without a point if nothing is left.
std::string shortest(double value) {
  std::string text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text;
}

std::string two_units(std::int64_t large, std::string_view large_unit, std::int64_t small,
                      std::string_view small_unit) {
  return small == 0 ? fmt::format("{}{}", large, large_unit)
                    : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
}

}  // namespace

void append_for_terminal(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      out += text[at++];
    } else if (byte < 0x80) {
      append_escape(out, byte);
      ++at;
    } else if (const std::size_t length = utf8_length(text, at); length == 0) {
      out += "\\ufffd";
      ++at;
    } else {
      const std::string_view sequence = text.substr(at, length);
      const std::uint32_t point = length < 4 ? code_point(sequence) : 0;
      if (hides(point)) {
        append_escape(out, point);
      } else {
        out += sequence;
      }
      at += length;
    }
  }
}

std::string short_duration(Duration duration) {
  using std::chrono::duration_cast;
  if (duration < Duration::zero()) {
    return "-" + short_duration(duration == Duration::min() ? Duration::max() : -duration);
  }
  const std::int64_t nanoseconds = duration.count();
  if (nanoseconds == 0) {
    return "0s";
  }
  if (nanoseconds < 1000) {
    return fmt::format("{}ns", nanoseconds);
  }
  if (nanoseconds < 1'000'000) {
    return fmt::format("{}us", nanoseconds / 1000);
  }
  if (nanoseconds < 1'000'000'000) {
    return fmt::format("{}ms", nanoseconds / 1'000'000);
  }
  if (duration < std::chrono::minutes(1)) {
    const auto millis = duration_cast<std::chrono::milliseconds>(duration).count();
    return shortest(static_cast<double>(millis < 10'000 ? millis : millis - millis % 100) / 1000) + "s";
  }
  const std::int64_t seconds = duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 3600) {
    return two_units(seconds / 60, "m", seconds % 60, "s");
  }
  if (seconds < 86400) {
    return two_units(seconds / 3600, "h", seconds % 3600 / 60, "m");
  }
  return two_units(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

}  // namespace exporter
