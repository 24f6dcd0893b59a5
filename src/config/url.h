// The part of a URL that can be checked before anything connects: scheme, host, port (RFC 3986 section 3).
//
// Deliberately no general URL library: the path and the query go to the endpoint as written, byte for byte.
// Pure. Thread-safety: free functions without state.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter::config {

struct Url {
  bool tls = false;            // https
  std::string host;            // without the brackets of an IPv6 address
  std::string text;            // normalised: lower-case scheme, no user-info, no fragment, no empty port
  bool had_user_info = false;  // "user:password@" was there and is not in `text`
  bool had_fragment = false;   // "#..." was there and is not in `text`
};

// Accepts http and https with a host and, if given, a port of 1 to 65535.
// Error: invalid, its message is the end of a sentence that starts with the key ("has no host").
[[nodiscard]] Result<Url> parse_url(std::string_view text);

// Whether what is sent to `host` cannot leave this machine: localhost (RFC 6761 section 6.3), 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

// `text` without what may be secret: user-info, query values and fragment become "***". Takes broken URLs too.
[[nodiscard]] std::string redact_url(std::string_view text);

}  // namespace exporter::config
