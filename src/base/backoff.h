// Capped exponential delays with jitter. Pure: the caller brings the randomness.
//
// Meaning of the documented settings: the first delay is `initial`, each next one is `multiplier` times the last, and
// once the cap is reached the delay STAYS at the cap. A multiplier of 0 (unset in the incumbent's files) or below 1
// keeps the delay constant; a cap of 0 is no cap. Jitter takes each delay to 0.7-1.0 of itself, so that many waiting
// events do not fall due together, while 17 retries of 1 s, x2, 5 min still last longer than the published 30 minutes.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace exporter {

struct BackoffOptions {
  Duration initial = std::chrono::seconds(1);
  Duration cap = std::chrono::minutes(5);
  double multiplier = 2.0;
};

// The delay before retry number `retry` (1 is the first) without jitter. Never negative, never overflows.
[[nodiscard]] Duration backoff_delay(const BackoffOptions& options, std::uint32_t retry);

// `delay` times 0.7 to 1.0, by `uniform` in [0, 1).
[[nodiscard]] Duration with_jitter(Duration delay, double uniform);

}  // namespace exporter
