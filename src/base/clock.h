// Where time comes from. Injected, so that tests and the simulator own it.
//
// It also does the waiting of threads that have nothing else to wait on: a test's clock wakes a sleeper by being
// advanced, and no unit test sleeps. Thread-safety: all functions may be called from any thread.
#pragma once

#include <stop_token>

#include "base/time.h"

namespace exporter {

class Clock {
 public:
  virtual ~Clock() = default;

  [[nodiscard]] virtual MonoTime now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;

  // Blocks until `deadline`. False if a stop was requested first (at once if it already was).
  virtual bool sleep_until(MonoTime deadline, std::stop_token stop) = 0;
};

// The machine's clocks (CLOCK_MONOTONIC and CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override;
  [[nodiscard]] WallTime wall_now() const override;
  bool sleep_until(MonoTime deadline, std::stop_token stop) override;
};

}  // namespace exporter
