#include "base/backoff.h"

#include <algorithm>
#include <cmath>

namespace exporter {

namespace {
// Longer than any process lives, and far from the limits of int64 nanoseconds.
constexpr Duration kLongest = std::chrono::hours(24 * 365);
}  // namespace

Duration backoff_delay(const BackoffOptions& options, std::uint32_t retry) {
  const Duration cap = options.cap > Duration::zero() ? std::min(options.cap, kLongest) : kLongest;
  const Duration initial = std::clamp(options.initial, Duration::zero(), cap);
  if (!(options.multiplier > 1.0) || retry <= 1) {
    return initial;
  }
  const double factor = std::pow(options.multiplier, static_cast<double>(retry - 1));
  const double delay = static_cast<double>(initial.count()) * factor;
  // Also true for infinity, and for NaN by the negation.
  if (!(delay < static_cast<double>(cap.count()))) {
    return cap;
  }
  return Duration(static_cast<std::int64_t>(delay));
}

Duration with_jitter(Duration delay, double uniform) {
  return Duration(static_cast<std::int64_t>(static_cast<double>(delay.count()) * (0.7 + 0.3 * uniform)));
}

}  // namespace exporter
