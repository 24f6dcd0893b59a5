// The shape of UTF-8. Pure; constexpr, because it stands in hot loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace exporter {

// The length of the well-formed UTF-8 sequence of two to four bytes at `at`, or 0 when there is none (ASCII included).
// Source: Unicode Standard, table 3-7 "Well-Formed UTF-8 Byte Sequences" (the same as RFC 3629 section 4).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [text](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const auto in_range = [&byte](std::size_t index, std::uint8_t low, std::uint8_t high) {
    return byte(index) >= low && byte(index) <= high;
  };
  const std::uint8_t lead = byte(at);
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xbf;
  if (in_range(at, 0xc2, 0xdf)) {
    length = 2;
  } else if (in_range(at, 0xe0, 0xef)) {
    length = 3;
    low = lead == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
    high = lead == 0xed ? 0x9f : 0xbf;  // no surrogates
  } else if (in_range(at, 0xf0, 0xf4)) {
    length = 4;
    low = lead == 0xf0 ? 0x90 : 0x80;
    high = lead == 0xf4 ? 0x8f : 0xbf;  // nothing above U+10FFFF
  }
  if (length == 0 || length > text.size() - at || !in_range(at + 1, low, high)) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (!in_range(at + i, 0x80, 0xbf)) {
      return 0;
    }
  }
  return length;
}

}  // namespace exporter
