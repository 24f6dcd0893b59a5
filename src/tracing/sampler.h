// Which traces are recorded: a share of all, decided by the trace id alone.
//
// The rule is that of the library that the other services of the system use (the Go SDK's TraceIDRatioBased): the last
// eight bytes, without their lowest bit, below the ratio of all there are. With the same ratio everywhere an event's
// trace is kept whole or not at all; the C++ SDK's own sampler looks at the first eight bytes and would keep others.
// All spans made here are roots, so the parent-based samplers are the same as what they are based on.
// Thread-safety: immutable.
#pragma once

#include <cstdint>

#include "event/event_trace.h"

namespace exporter::tracing {

class Sampler {
 public:
  // `ratio`: 0 (none) to 1 (all).
  explicit Sampler(double ratio)
      : below_(ratio >= 1  ? kAll
               : ratio > 0 ? static_cast<std::uint64_t>(ratio * static_cast<double>(kAll))
                           : 0) {}

  [[nodiscard]] bool takes(const event::TraceId& id) const {
    std::uint64_t low = 0;
    for (std::size_t i = 8; i < id.size(); ++i) {
      low = low << 8 | id[i];
    }
    return (low >> 1) < below_;
  }
  [[nodiscard]] bool takes_all() const { return below_ == kAll; }
  [[nodiscard]] bool takes_none() const { return below_ == 0; }

 private:
  static constexpr std::uint64_t kAll = std::uint64_t{1} << 63;
  std::uint64_t below_;
};

}  // namespace exporter::tracing
