// JSON text writing: the one place that knows how to quote a string.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace exporter {

// Appends `text` as a JSON string with its quotes, escaped as Go's encoding/json does by default: `<`, `>` and `&` as
// \u003c \u003e \u0026, U+2028 and U+2029 as \u2028 \u2029, control characters as \b \f \n \r \t or \u00xx (lower-case
// hex), each byte that is not part of valid UTF-8 as \ufffd, everything else as it is. `text` may hold anything.
void append_json_string(std::string& out, std::string_view text);

// The same as a text of its own, and an array of such.
[[nodiscard]] std::string json_string(std::string_view text);
[[nodiscard]] std::string json_array(const std::vector<std::string>& texts);

}  // namespace exporter
