// One POST to the token endpoint. The only file that knows libcurl, besides its source.
//
// The request is rare and the servers are odd, so a library with every corner of HTTP and TLS does it. What it must
// not do: follow redirects (the secret would follow), take a proxy from the environment (the incumbent has none), go
// below TLS 1.2, keep more than 64 KiB of an answer, or outlive a stop. Thread-safety: one thread at a time;
// request_stop of the token passed to post() from any thread.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "auth/token_request.h"
#include "base/error.h"
#include "base/time.h"

namespace exporter::auth {

struct TokenClientOptions {
  std::string url;
  std::string ca_file{};  // PEM bundle used instead of the system's roots; empty: those
  bool insecure_skip_verify = false;
  Duration request_timeout = std::chrono::seconds(10);  // the whole exchange
};

struct TokenAnswer {
  int status = 0;
  std::string body;
};

class TokenClient {
 public:
  // ErrorKind::invalid when the URL is not http(s) with a host, or the CA file cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<TokenClient>> create(TokenClientOptions options);
  ~TokenClient();
  TokenClient(const TokenClient&) = delete;
  TokenClient& operator=(const TokenClient&) = delete;

  // Blocks until the answer, the timeout or a stop. ErrorKind::transient: no answer (the message says why, without
  // secrets); ErrorKind::cancelled: stopped, at once even while a name is looked up.
  [[nodiscard]] Result<TokenAnswer> post(const TokenRequest& request, const std::stop_token& stop);

 private:
  struct Impl;
  explicit TokenClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::auth
