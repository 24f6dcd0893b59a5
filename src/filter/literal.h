// What a literal of an expression means. Source: the CEL specification, sections "Numeric Values" and "String and Bytes
// Values". Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "filter/problem.h"

namespace exporter::filter {

// Digits, or 0x and hexadecimal digits; nothing when the number is too large. `negative` allows 9223372036854775808.
[[nodiscard]] std::optional<std::int64_t> read_int(std::string_view text, bool negative);
[[nodiscard]] std::optional<std::uint64_t> read_uint(std::string_view text);  // with or without the u behind it
// The nearest double; nothing when it would be infinite.
[[nodiscard]] std::optional<double> read_real(std::string_view text);

struct LiteralError {
  Range range;  // within the literal's text
  std::string what;
};

// A whole string or bytes literal, with its prefix and quotes, as the lexer found it.
[[nodiscard]] tl::expected<std::string, LiteralError> read_string(std::string_view literal);

}  // namespace exporter::filter
