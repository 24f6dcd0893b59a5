#include "base/clock.h"

#include <condition_variable>
#include <mutex>

namespace exporter {

MonoTime SystemClock::now() const {
  return MonoTime(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime SystemClock::wall_now() const {
  return WallTime(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

bool SystemClock::sleep_until(MonoTime deadline, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wakeup;
  std::unique_lock lock(mutex);
  const auto until = std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(deadline.time_since_epoch()));
  wakeup.wait_until(lock, stop, until, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace exporter
