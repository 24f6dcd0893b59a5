// Small text helpers of this folder. Pure. Thread-safety: free functions without state.
#pragma once

#include <string>
#include <string_view>

namespace exporter::config {

// ASCII lower case: how names are compared when the exact spelling is not found.
[[nodiscard]] char fold(char c);
[[nodiscard]] std::string fold(std::string_view text);

// `text` safe to print on one line: bytes that are not printable ASCII or valid UTF-8 as \xNN; cut to about 200 bytes.
[[nodiscard]] std::string printable(std::string_view text);

// The same as a value in double quotes, quotes and backslashes escaped; cut to about 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// Without blanks (space, \t, \n, \v, \f, \r) at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace exporter::config
