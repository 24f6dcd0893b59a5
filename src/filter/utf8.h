// UTF-8, as far as expressions need it. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter::filter {

// Whether this byte goes on with a code point that began before it.
[[nodiscard]] constexpr bool continues_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Code points in valid UTF-8. Each stray byte counts at most once; nothing is refused.
[[nodiscard]] std::size_t count_code_points(std::string_view text);

// How many bytes from the start are valid UTF-8: all of them, or up to the first that is not.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text);

// Neither overlong forms, nor surrogates, nor anything above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// False, and nothing appended, for a surrogate or a number above U+10FFFF.
bool append_code_point(std::string& out, std::uint32_t code_point);

}  // namespace exporter::filter
