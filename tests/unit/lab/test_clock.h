// A clock that stands still until told; sleeping moves it on at once.
#pragma once

#include "base/clock.h"

namespace exporter::lab {

class TestClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override {
    return WallTime(Duration(1'788'955'200'000'000'000)) + now_.time_since_epoch();
  }
  bool sleep_until(MonoTime deadline, std::stop_token stop) override {
    if (stop.stop_requested()) {
      return false;
    }
    now_ = std::max(now_, deadline);
    return true;
  }
  void advance(Duration by) { now_ += by; }

 private:
  MonoTime now_{};
};

}  // namespace exporter::lab
