// When to fetch a token, and whether the one in hand is good: a state machine without clocks, threads and sockets.
//
// It is told what happened and what time it is. Its rules:
// - One fetch at a time: begin_fetch() says yes once, until fetched() or failed().
// - Refresh ahead of need: at 80 % of the lifetime or 60 s before its end, whichever is later, and never sooner than
//   one second after the last fetch. The old token stays current until its own end.
// - A failed fetch is repeated after 1 s, doubling to 30 s, with jitter. When the endpoint refuses the client itself
//   (invalid_client), hurry does not help: 10 s, then 30 s, until somebody corrects the secret.
// - A token that the sink rejects is gone at once, and the next is fetched at once. If that one too is rejected
//   before it has been good for a minute, the waits grow like those of failures: a sink that answers 401 for ever
//   costs the token endpoint two requests a minute.
// Thread-safety: owned by one thread, or guarded by its owner.
#pragma once

#include <cstdint>
#include <optional>

#include "base/backoff.h"
#include "base/time.h"

namespace exporter::auth {

enum class FetchFailure : std::uint8_t {
  transient,  // network, timeout, 429, 5xx, an answer that makes no sense
  refused,    // any other 4xx, or a redirect: the request is wrong or the client unknown
};

struct TokenCacheOptions {
  Duration default_lifetime = std::chrono::minutes(5);  // when the answer does not say; the sink's 401 corrects it
  double refresh_at = 0.8;                              // of the lifetime
  Duration refresh_margin = std::chrono::seconds(60);   // before the end
  Duration min_interval = std::chrono::seconds(1);      // between two fetches, however short a token lives
  Duration proven_after = std::chrono::minutes(1);      // a token rejected later than this was a good one
  BackoffOptions retry{.initial = std::chrono::seconds(1), .cap = std::chrono::seconds(30), .multiplier = 2.0};
  BackoffOptions retry_refused{.initial = std::chrono::seconds(10), .cap = std::chrono::seconds(30), .multiplier = 3.0};
};

class TokenCache {
 public:
  explicit TokenCache(TokenCacheOptions options = {}) : options_(options) {}

  // Whether to fetch now. After true the caller owes one fetched() or failed().
  [[nodiscard]] bool begin_fetch(MonoTime now);

  // The fetch brought a token, known from now on as `generation` (above all before it).
  void fetched(MonoTime now, std::uint64_t generation, std::optional<Duration> lifetime);

  // The fetch brought none. `uniform` in [0, 1) is the jitter.
  void failed(MonoTime now, FetchFailure failure, double uniform);

  // The sink does not take this generation. Ignored unless it is the current one.
  void rejected(MonoTime now, std::uint64_t generation);

  // The generation that may be used at `now`, if any.
  [[nodiscard]] std::optional<std::uint64_t> current(MonoTime now) const;

  // When something happens by itself next: a fetch falls due or the current token ends. kNever while a fetch runs and
  // no token is held.
  [[nodiscard]] MonoTime next_wake(MonoTime now) const;

  // When the next fetch is due, unless one runs.
  [[nodiscard]] MonoTime next_fetch() const { return fetch_at_; }

  // When the current token ends; means nothing while there is none.
  [[nodiscard]] MonoTime ends_at() const { return ends_at_; }

  // Failed fetches since the last good one.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }

 private:
  [[nodiscard]] MonoTime refresh_time(MonoTime now, Duration lifetime) const;

  const TokenCacheOptions options_;
  std::optional<std::uint64_t> generation_;  // empty: none, or rejected
  MonoTime fetched_at_{};
  MonoTime ends_at_{};
  MonoTime fetch_at_ = MonoTime::min();
  bool fetching_ = false;
  std::uint32_t failures_ = 0;
  std::uint32_t unproven_ = 0;  // tokens in a row that were rejected before they had proven good
};

}  // namespace exporter::auth
