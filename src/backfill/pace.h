// A token bucket: at most `rate` events a second, in pieces of about a twentieth of a second. Pure.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace exporter::backfill {

class Pace {
 public:
  // `rate` 0: no limit.
  Pace(std::uint64_t rate, MonoTime now)
      : rate_(static_cast<double>(rate)), capacity_(std::max(1.0, rate_ / 20)), tokens_(capacity_), at_(now) {}

  // How many events may go now, at most `wanted`.
  [[nodiscard]] std::size_t allowance(std::size_t wanted, MonoTime now) {
    if (rate_ <= 0) {
      return wanted;
    }
    refill(now);
    return std::min(wanted, static_cast<std::size_t>(tokens_));
  }

  // `events` went.
  void spend(std::size_t events) {
    if (rate_ > 0) {
      tokens_ -= static_cast<double>(events);
    }
  }

  // When allowance() will be at least 1.
  [[nodiscard]] MonoTime next(MonoTime now) {
    if (rate_ <= 0) {
      return now;
    }
    refill(now);
    if (tokens_ >= 1) {
      return now;
    }
    // One nanosecond more than computed, so that rounding cannot make the caller spin.
    return after(now, Duration(static_cast<std::int64_t>(std::ceil((1 - tokens_) / rate_ * 1e9)) + 1));
  }

 private:
  void refill(MonoTime now) {
    const double seconds = std::chrono::duration<double>(now - at_).count();
    tokens_ = std::min(capacity_, tokens_ + std::max(0.0, seconds) * rate_);
    at_ = std::max(at_, now);
  }

  double rate_;
  double capacity_;
  double tokens_;
  MonoTime at_;
};

}  // namespace exporter::backfill
