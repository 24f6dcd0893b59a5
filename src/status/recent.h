// What happened lately, for rates and plots: counts that only grow, looked at every few seconds.
//
// The moments need not be even: a rate is what was counted between two of them by the time between them. Pure; bounded: ten
// minutes of samples, one minute of delivery times (130 KiB). Thread-safety: owned by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "status/status.h"

namespace exporter::status {

// How long events took from their first attempt to acceptance.
using DeliveryTimes = Histogram<3>;

// Since the process started.
struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t received = 0;
  DeliveryTimes delivery_times;
};

class Recent {
 public:
  static constexpr Duration kStep = std::chrono::seconds(2);  // add() is to be called so often

  // `lag`: of that moment; nothing: not known.
  void add(const Counts& counts, std::optional<Duration> lag, MonoTime now);

  // Of the last ten seconds and the last minute, as far as they are known: two calls of add() are needed.
  [[nodiscard]] Rates rates() const;
  [[nodiscard]] Latency latency() const;
  // At most ten minutes; oldest first.
  [[nodiscard]] std::vector<Sample> samples() const { return {samples_.begin(), samples_.end()}; }

 private:
  struct Look {
    MonoTime at{};
    Counts counts;
  };
  std::deque<Look> looks_;  // a minute's, oldest first
  std::deque<Sample> samples_;
};

}  // namespace exporter::status
