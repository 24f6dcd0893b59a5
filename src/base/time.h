// The two kinds of time, as types that cannot be mixed up.
//
// MonoTime is for waiting and measuring: it never jumps, and its origin means nothing. WallTime is what people and
// databases call now: it may jump. Durations are std::chrono::nanoseconds everywhere in the code.
#pragma once

#include <chrono>
#include <cstdint>

namespace exporter {

using Duration = std::chrono::nanoseconds;

// The tag makes MonoTime a type of its own; time comes from a Clock (clock.h), never from here.
struct MonotonicTag {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTag, Duration>;
  static constexpr bool is_steady = true;
};
using MonoTime = std::chrono::time_point<MonotonicTag, Duration>;
using WallTime = std::chrono::sys_time<Duration>;

// A moment that never comes.
inline constexpr MonoTime kNever = MonoTime::max();

// `start + delay`, or kNever where the sum would overflow. `delay` >= 0.
[[nodiscard]] constexpr MonoTime after(MonoTime start, Duration delay) {
  return delay >= kNever - start ? kNever : start + delay;
}

}  // namespace exporter
