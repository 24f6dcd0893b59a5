#include "auth/token_cache.h"

#include <algorithm>

#include "base/check.h"

namespace exporter::auth {

bool TokenCache::begin_fetch(MonoTime now) {
  if (fetching_ || now < fetch_at_) {
    return false;
  }
  fetching_ = true;
  return true;
}

MonoTime TokenCache::refresh_time(MonoTime now, Duration lifetime) const {
  const Duration share(static_cast<std::int64_t>(static_cast<double>(lifetime.count()) * options_.refresh_at));
  const Duration wait = std::max({share, lifetime - options_.refresh_margin, options_.min_interval});
  return after(now, wait);
}

void TokenCache::fetched(MonoTime now, std::uint64_t generation, std::optional<Duration> lifetime) {
  EXPORTER_CHECK(fetching_, "a token arrives only after begin_fetch()");
  const Duration lives = lifetime.value_or(options_.default_lifetime);
  fetching_ = false;
  failures_ = 0;
  generation_ = generation;
  fetched_at_ = now;
  ends_at_ = after(now, lives);
  fetch_at_ = refresh_time(now, lives);
}

void TokenCache::failed(MonoTime now, FetchFailure failure, double uniform) {
  EXPORTER_CHECK(fetching_, "a fetch fails only after begin_fetch()");
  fetching_ = false;
  ++failures_;
  const BackoffOptions& backoff = failure == FetchFailure::refused ? options_.retry_refused : options_.retry;
  fetch_at_ = after(now, with_jitter(backoff_delay(backoff, failures_), uniform));
}

void TokenCache::rejected(MonoTime now, std::uint64_t generation) {
  if (generation_ != generation) {
    return;
  }
  generation_.reset();
  if (now - fetched_at_ >= options_.proven_after) {
    unproven_ = 0;
  }
  const Duration wait = unproven_ == 0 ? Duration::zero() : backoff_delay(options_.retry, unproven_);
  ++unproven_;
  // A failing endpoint is not asked sooner because the sink is unhappy too.
  const MonoTime due = after(now, wait);
  fetch_at_ = failures_ > 0 ? std::max(fetch_at_, due) : due;
}

std::optional<std::uint64_t> TokenCache::current(MonoTime now) const {
  return generation_ && now < ends_at_ ? generation_ : std::nullopt;
}

MonoTime TokenCache::next_wake(MonoTime now) const {
  const MonoTime end = current(now) ? ends_at_ : kNever;
  return fetching_ ? end : std::min(end, fetch_at_);
}

}  // namespace exporter::auth
