// What the token endpoint answered (RFC 6749 sections 5.1 and 5.2), read tolerantly. Pure.
//
// The one thing needed is a non-empty access_token; everything else has a default, because a sink without a token is a
// sink without events. Keys match in any case and the last of equal ones wins, as the incumbent's reader does.
// Errors never quote the answer: it may hold a token or echo the secret. Thread-safety: free functions without state.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace exporter::auth {

// More than any token needs; what is longer is refused before it is read.
inline constexpr std::size_t kMaxAnswerBytes = 64 * 1024;

struct TokenResponse {
  std::string access_token;          // 1 or more visible ASCII characters or spaces (RFC 6749 appendix A.12)
  std::optional<Duration> lifetime;  // 1 s to kMaxLifetime; empty when the answer does not say
  std::string scope;                 // what was granted, where the answer says it; at most kMaxScopeBytes, else empty
};

// Longer lifetimes are cut to this: a token is renewed daily at least.
inline constexpr Duration kMaxLifetime = std::chrono::hours(24);

inline constexpr std::size_t kMaxScopeBytes = 512;

// The body of a 2xx answer. expires_in is a number of seconds or a string that holds one: a fraction counts, less
// than one second is taken as one, and what is missing, null, zero, negative, or no such number counts as not said
// (some servers write 0 or -1 for a token that does not expire). A scope that is no text of RFC 6749 section 3.3 counts
// as not said too. ErrorKind::transient when there is no usable
// access_token: the server is not well, and may be later.
[[nodiscard]] Result<TokenResponse> parse_token_response(std::string_view body);

// The `error` code of an answer that is not 2xx, if it is one: at most 64 of the characters a-z A-Z 0-9 _ . - (the
// registered codes and what servers add to them). Empty otherwise. Safe to log.
[[nodiscard]] std::string parse_oauth_error(std::string_view body);

}  // namespace exporter::auth
