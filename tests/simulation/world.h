// Virtual time and what happens in it. Nothing ever really waits.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"

namespace exporter::simulation {

class SimClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  // The program's own wall clock, which may be wrong.
  [[nodiscard]] WallTime wall_now() const override { return true_time() + skew_; }
  // The clock of everybody else.
  [[nodiscard]] WallTime true_time() const { return WallTime(std::chrono::hours(480000)) + now_.time_since_epoch(); }
  // The caller is to look again later; see Process::read().
  bool sleep_until(MonoTime, std::stop_token) override { return true; }

  void set(MonoTime now) { now_ = now; }
  void jump(Duration by) { skew_ += by; }

 private:
  MonoTime now_{};
  Duration skew_{};
};

// What happens when, in order; among equals the one scheduled first.
class Scheduler {
 public:
  explicit Scheduler(SimClock& clock) : clock_(clock) {}
  void at(MonoTime when, std::function<void()> what);
  void after(Duration delay, std::function<void()> what) { at(clock_.now() + delay, std::move(what)); }
  // Runs the next one; false when there is none before `until`.
  bool step(MonoTime until);

 private:
  struct Entry {
    MonoTime when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Entry& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  SimClock& clock_;
  std::vector<Entry> entries_;  // a heap, soonest first
  std::uint64_t next_ = 0;
};

}  // namespace exporter::simulation
