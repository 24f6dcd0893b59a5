#include "auth/oidc.h"

#include <pthread.h>

#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include "auth/secret_file.h"
#include "auth/token_cache.h"
#include "auth/token_client.h"
#include "auth/token_fetch.h"
#include "base/mutex.h"
#include "observability/log.h"

namespace exporter::auth {

class OidcCredentials::Impl {
 public:
  Impl(OidcOptions options, Clock& clock, std::unique_ptr<TokenClient> client, std::string secret,
       TokenObserver observer)
      : options_(std::move(options)),
        clock_(clock),
        observer_(std::move(observer)),
        client_(std::move(client)),
        secret_(std::move(secret)) {}

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      ::pthread_setname_np(::pthread_self(), "auth");
      run(stop);
    });
  }

  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }

  std::shared_ptr<const ports::BearerToken> current() const {
    MutexLock lock(mutex_);
    return cache_.current(clock_.now()) ? token_ : nullptr;
  }

  void reject(std::uint64_t generation) {
    MutexLock lock(mutex_);
    const MonoTime now = clock_.now();
    const bool was_current = cache_.current(now) == generation;
    cache_.rejected(now, generation);
    if (was_current) {
      wake_.request_stop();
    }
  }

  void on_change(std::function<void()> handler) {
    MutexLock lock(handler_mutex_);
    on_change_ = std::move(handler);
  }

 private:
  void run(const std::stop_token& stop) {
    std::optional<std::uint64_t> announced;
    while (!stop.stop_requested()) {
      std::stop_source wake;
      std::optional<std::uint64_t> visible;
      bool fetch_now = false;
      MonoTime next{};
      {
        MutexLock lock(mutex_);
        const MonoTime now = clock_.now();
        wake_ = wake;
        visible = cache_.current(now);
        fetch_now = cache_.begin_fetch(now);
        next = cache_.next_wake(now);
      }
      if (visible != announced) {
        announced = visible;
        if (!visible) {
          observer_.gone();
        }
        notify();
      }
      if (fetch_now) {
        fetch(stop);
        continue;
      }
      const std::stop_callback wake_on_stop(stop, [&wake] { wake.request_stop(); });
      clock_.sleep_until(next, wake.get_token());
    }
  }

  // One fetch, from secret to cache. A stop leaves the cache waiting for ever, which nobody sees any more.
  void fetch(const std::stop_token& stop) {
    refresh_secret();
    auto response = fetch_token(*client_,
                                {.client_auth = options_.client_auth,
                                 .client_id = options_.client_id,
                                 .client_secret = secret_,
                                 .scope = options_.scope},
                                stop);
    if (!response) {
      if (!response.error().stopped) {
        on_failure(response.error());
      }
      return;
    }
    on_token(std::move(*response));
  }

  void on_token(TokenResponse response) {
    std::uint32_t failures = 0;
    MonoTime ends_at{};
    {
      MutexLock lock(mutex_);
      failures = cache_.failures();
      const std::uint64_t generation = ++generation_;
      cache_.fetched(clock_.now(), generation, response.lifetime);
      ends_at = cache_.ends_at();
      token_ = std::make_shared<const ports::BearerToken>(
          ports::BearerToken{.value = std::move(response.access_token), .generation = generation});
    }
    observer_.fetched(ends_at);
    if (failures > 0) {
      log::info("Token fetch succeeded after retry", {{"attempt", failures + 1}});
    }
    if (response.lifetime) {
      log::debug("Token fetched", {{"lifetime", *response.lifetime}});
    } else {
      log::debug("Token fetched, its lifetime is not said");
    }
  }

  void on_failure(const TokenFailure& failure) {
    std::uint32_t attempt = 0;
    Duration retry_in{};
    {
      MutexLock lock(mutex_);
      const MonoTime now = clock_.now();
      cache_.failed(now, failure.kind, std::uniform_real_distribution<double>(0, 1)(random_));
      attempt = cache_.failures();
      retry_in = cache_.next_fetch() - now;
    }
    log::warn("Token fetch failed, will retry",
              {{"attempt", attempt},
               {"statusCode", failure.status},
               {"error", failure.message},
               {"retryIn", retry_in},
               {"action", failure.status >= 400 && failure.status < 500
                              ? "look at oidc.client_id, the secret in its file, and oidc.scope"
                              : "look whether oidc.token_url is right and can be reached"}});
    observer_.failed();
    notify();
  }

  // While the file is being replaced it may be missing or empty: then the last secret is the best guess.
  void refresh_secret() {
    Result<std::string> read = read_secret(options_.secret_path);
    if (!read) {
      log::warn("Keeping the client secret read before", {{"error", read.error()}});
    } else if (*read != secret_) {
      log::info("Client secret has changed", {{"path", options_.secret_path}});
      secret_ = std::move(*read);
    }
  }

  void notify() {
    MutexLock lock(handler_mutex_);
    if (on_change_) {
      on_change_();
    }
  }

  // --- constant after start() ---
  const OidcOptions options_;
  Clock& clock_;
  const TokenObserver observer_;

  // --- of the auth thread ---
  const std::unique_ptr<TokenClient> client_;
  std::string secret_;
  std::minstd_rand random_{std::random_device{}()};

  // --- shared ---
  Mutex handler_mutex_;  // held while the handler runs, so that replacing it waits for it
  std::function<void()> on_change_ EXPORTER_GUARDED_BY(handler_mutex_);
  mutable Mutex mutex_;
  TokenCache cache_ EXPORTER_GUARDED_BY(mutex_);
  // Shared with those who send with it while the next one arrives.
  std::shared_ptr<const ports::BearerToken> token_ EXPORTER_GUARDED_BY(mutex_);
  std::uint64_t generation_ EXPORTER_GUARDED_BY(mutex_) = 0;
  std::stop_source wake_ EXPORTER_GUARDED_BY(mutex_){std::nostopstate};  // ends the sleep under way

  std::jthread thread_;  // last: joined before what it uses goes
};

Result<std::unique_ptr<OidcCredentials>> OidcCredentials::create(OidcOptions options, Clock& clock,
                                                                 TokenObserver observer) {
  auto client = TokenClient::create({.url = options.token_url,
                                     .ca_file = options.ca_file,
                                     .insecure_skip_verify = options.insecure_skip_verify,
                                     .request_timeout = options.request_timeout});
  if (!client) {
    return fail(std::move(client.error()));
  }
  auto secret = read_secret(options.secret_path);
  if (!secret) {
    return fail(std::move(secret.error()));
  }
  log::info("OIDC token provider initialized",
            {{"tokenURL", redact_url(options.token_url)}, {"clientID", options.client_id}, {"scope", options.scope}});
  if (options.insecure_skip_verify) {
    log::warn("The token endpoint's certificate is not verified: whoever is in between can read the client secret",
              {{"key", "exporter.oidc.insecure_skip_verify"},
               {"action", "set exporter.oidc.ca_file, and take this key out"}});
  }
  return std::unique_ptr<OidcCredentials>(new OidcCredentials(
      std::make_unique<Impl>(std::move(options), clock, std::move(*client), std::move(*secret), std::move(observer))));
}

OidcCredentials::OidcCredentials(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OidcCredentials::~OidcCredentials() { stop(); }
void OidcCredentials::start() { impl_->start(); }
void OidcCredentials::stop() { impl_->stop(); }
std::shared_ptr<const ports::BearerToken> OidcCredentials::current() const { return impl_->current(); }
void OidcCredentials::reject(std::uint64_t generation) { impl_->reject(generation); }
void OidcCredentials::on_change(std::function<void()> handler) { impl_->on_change(std::move(handler)); }

}  // namespace exporter::auth
