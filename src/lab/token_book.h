// The token endpoint's rules: who gets a token (RFC 6749 section 4.4, client credentials) and which tokens still hold.
//
// Thread-safety: a plain object, used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace exporter::lab {

struct TokenRules {
  std::string client_id;
  std::string client_secret;  // empty: anybody gets a token
  Duration expires_in = std::chrono::hours(1);
  std::size_t token_bytes = 900;  // as long as the tokens of real identity providers (JWTs)
};

// The token endpoint's answer.
struct TokenAnswer {
  int status = 200;
  std::string body;  // JSON as RFC 6749 sections 5.1 and 5.2
};

class TokenBook {
 public:
  TokenBook(TokenRules rules, std::uint64_t seed);

  // `authorization` and `content_type` are the request's headers (may be empty), `body` is its form.
  [[nodiscard]] TokenAnswer grant(std::string_view authorization, std::string_view content_type, std::string_view body,
                                  MonoTime now);

  // Whether `authorization` is "Bearer TOKEN" with a token that was given, has not expired, and was not revoked.
  [[nodiscard]] bool accepts(std::string_view authorization, MonoTime now) const;

  void revoke_all() { expiries_.clear(); }

 private:
  [[nodiscard]] bool is_client(std::string_view authorization, std::string_view body) const;
  [[nodiscard]] std::string make_token();

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  TokenRules rules_;
  std::mt19937_64 random_;
  std::unordered_map<std::string, MonoTime, TextHash, std::equal_to<>> expiries_;
};

// The value of `name` in an application/x-www-form-urlencoded body, decoded; empty when it is missing.
[[nodiscard]] std::string form_value(std::string_view form, std::string_view name);

}  // namespace exporter::lab
