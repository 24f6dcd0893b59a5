// Numbers for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace exporter {

// 1234567 -> "1,234,567".
[[nodiscard]] inline std::string with_thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3; place -= 3) {
    text.insert(place - 3, 1, ',');
  }
  return text;
}

}  // namespace exporter
