// What of a server's words may go into logs and dead letters.
// Thread-safety: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace exporter::http {

inline constexpr std::size_t kExcerptBytes = 512;
// How much of a body is kept to make an excerpt from: more than its size, since redaction shortens.
inline constexpr std::size_t kExcerptSourceBytes = 1024;

// The start of `text` as printable ASCII, at most kExcerptBytes: line breaks and tabs become spaces, other bytes '?'.
// Every part of `secret` that is 12 bytes or longer (the whole, when it is shorter) is replaced by "[redacted]":
// servers that echo the request in an error page would else put the token into our logs, whole or cut.
[[nodiscard]] std::string make_excerpt(std::string_view text, std::string_view secret);

}  // namespace exporter::http
