// The request for a token (RFC 6749 section 4.4.2) as text. Pure.
//
// Identity providers are configured against what the incumbent sends, so its form is kept to the byte: form keys
// sorted, Go's form encoding, and for client_secret_basic id and secret as they are, without the form-encoding that
// section 2.3.1 asks for. Thread-safety: free functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace exporter::auth {

enum class ClientAuth : std::uint8_t {
  basic,  // client_secret_basic: id and secret in the Authorization header
  post,   // client_secret_post: in the body, for providers that know no other way
};

struct TokenRequestOptions {
  ClientAuth client_auth = ClientAuth::basic;
  std::string_view client_id;
  std::string_view client_secret;
  std::string_view scope;
};

struct TokenRequest {
  std::string body;           // application/x-www-form-urlencoded
  std::string authorization;  // value of the header; empty for ClientAuth::post
};

[[nodiscard]] TokenRequest make_token_request(const TokenRequestOptions& options);

// Space as +, letters, digits and - _ . ~ as they are, every other byte as %XX (Go's url.QueryEscape).
[[nodiscard]] std::string form_encode(std::string_view text);

// Base64 with padding (RFC 4648 section 4).
[[nodiscard]] std::string base64(std::string_view bytes);

// `url` without user, password and query, for log lines.
[[nodiscard]] std::string redact_url(std::string_view url);

}  // namespace exporter::auth
