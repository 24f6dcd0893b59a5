// A clock that stands still until it is advanced, and then wakes whoever sleeps on it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/clock.h"

namespace exporter::testing {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  [[nodiscard]] WallTime wall_now() const override { return WallTime(now().time_since_epoch()); }

  bool sleep_until(MonoTime deadline, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    return advanced_.wait(lock, stop, [&] { return now_ >= deadline; });
  }

  void advance(Duration by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
    advanced_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any advanced_;
  MonoTime now_{std::chrono::seconds(1000)};
};

}  // namespace exporter::testing
