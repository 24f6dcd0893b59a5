// One fetch of a token: one exchange with the token endpoint and what its answer means. The thread of OidcCredentials
// and `verify-sink` both come here, so that the one tries exactly what the other does.
// Thread-safety: as the client's.
#pragma once

#include <stop_token>
#include <string>

#include <tl/expected.hpp>

#include "auth/token_cache.h"
#include "auth/token_client.h"
#include "auth/token_request.h"
#include "auth/token_response.h"

namespace exporter::auth {

// No token: what to say, and how soon to try again.
struct TokenFailure {
  FetchFailure kind = FetchFailure::transient;
  int status = 0;        // of the answer; 0: no answer
  std::string code;      // the answer's `error` (parse_oauth_error()); may be empty
  std::string message;   // for people, no secrets
  bool stopped = false;  // asked to stop: nothing to say
};

// Blocks as TokenClient::post() does.
[[nodiscard]] tl::expected<TokenResponse, TokenFailure> fetch_token(TokenClient& client,
                                                                    const TokenRequestOptions& options,
                                                                    const std::stop_token& stop);

}  // namespace exporter::auth
