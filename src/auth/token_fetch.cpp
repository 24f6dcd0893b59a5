#include "auth/token_fetch.h"

#include <fmt/format.h>

#include <utility>

namespace exporter::auth {

namespace {

bool is_success(int status) { return status >= 200 && status <= 299; }

// RFC 6749 section 5.2 gives 400 and 401 to requests that are wrong; 408, 425 and 429 (RFC 9110, 8470, 6585) speak of
// time.
FetchFailure classify(int status) {
  const bool later = status >= 500 || status == 408 || status == 425 || status == 429;
  return later ? FetchFailure::transient : FetchFailure::refused;
}

TokenFailure describe(const TokenAnswer& answer) {
  std::string code = parse_oauth_error(answer.body);
  std::string message = fmt::format("the token endpoint answered {}", answer.status);
  if (!code.empty()) {
    message += fmt::format(" ({})", code);
  }
  if (answer.status >= 300 && answer.status <= 399) {
    message += "; redirects are not followed, correct exporter.oidc.token_url";
  } else if (answer.status == 401 || code == "invalid_client") {
    message += "; check exporter.oidc.client_id and the client secret file";
  }
  return {
      .kind = classify(answer.status), .status = answer.status, .code = std::move(code), .message = std::move(message)};
}

}  // namespace

tl::expected<TokenResponse, TokenFailure> fetch_token(TokenClient& client, const TokenRequestOptions& options,
                                                      const std::stop_token& stop) {
  const Result<TokenAnswer> answer = client.post(make_token_request(options), stop);
  if (!answer) {
    return tl::unexpected(TokenFailure{.kind = FetchFailure::transient,
                                       .status = 0,
                                       .code = {},
                                       .message = "no token from the token endpoint: " + answer.error().message,
                                       .stopped = answer.error().kind == ErrorKind::cancelled});
  }
  if (!is_success(answer->status)) {
    return tl::unexpected(describe(*answer));
  }
  Result<TokenResponse> response = parse_token_response(answer->body);
  if (!response) {
    return tl::unexpected(TokenFailure{.kind = FetchFailure::transient,
                                       .status = answer->status,
                                       .code = {},
                                       .message = std::move(response.error().message)});
  }
  return std::move(*response);
}

}  // namespace exporter::auth
