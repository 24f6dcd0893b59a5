// ASCII letters without regard to case and without the locale: field names, enum names, header names.
#pragma once

#include <algorithm>
#include <string_view>

namespace exporter {

[[nodiscard]] constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Only A-Z and a-z are folded; every other byte must be the same.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

}  // namespace exporter
