// The sink's bearer token by OAuth 2.0 client credentials (RFC 6749 section 4.4), fetched ahead of need.
//
// A thread named "auth" sleeps until the token cache (token_cache.h) wants a fetch or somebody rejects the token;
// nobody else ever waits for the token endpoint. It lives apart from the loop because a token server may take seconds
// and libcurl drives itself.
// Thread-safety: start() and stop() by one owner; the functions of ports::Credentials from any thread. The clock must
// outlive this object.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "auth/token_request.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "ports/credentials.h"

namespace exporter::auth {

struct OidcOptions {
  std::string token_url;  // http:// or https://
  std::string client_id;
  std::string scope;        // as configured; sent even when empty, as the incumbent does
  std::string secret_path;  // file with the client secret
  std::string ca_file{};    // PEM bundle used instead of the system's roots; empty: those
  bool insecure_skip_verify = false;
  ClientAuth client_auth = ClientAuth::basic;
  Duration request_timeout = std::chrono::seconds(10);  // one whole exchange with the token endpoint
};

// What happens to the token, for metrics. Called from the auth thread; none may block.
struct TokenObserver {
  std::function<void()> failed = [] {};                             // a fetch brought none
  std::function<void(MonoTime ends_at)> fetched = [](MonoTime) {};  // a fetch brought one, usable until then
  std::function<void()> gone = [] {};                               // the usable one ended or was rejected
};

class OidcCredentials final : public ports::Credentials {
 public:
  // Reads the secret; opens nothing yet. ErrorKind::invalid: the secret file is missing or empty, the URL or the CA
  // file is unusable; the message says how to repair it.
  [[nodiscard]] static Result<std::unique_ptr<OidcCredentials>> create(OidcOptions options, Clock& clock,
                                                                       TokenObserver observer);
  ~OidcCredentials() override;  // stops

  // Starts the thread, which fetches the first token at once. Once only.
  void start();

  // Ends a fetch under way and joins, in well under a second. May be called again.
  void stop();

  [[nodiscard]] std::shared_ptr<const ports::BearerToken> current() const override;
  void reject(std::uint64_t generation) override;
  void on_change(std::function<void()> handler) override;

 private:
  class Impl;
  explicit OidcCredentials(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::auth
