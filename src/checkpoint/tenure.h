// One tenure, as those see it who send and save under it: the fence of every save, and until when it may be used.
//
// The lease's thread moves the time on with every renewal; the loop looks at it before it does anything. So a renewal
// that hangs in the network stops the sending in time, and nobody has to be told.
// Thread-safety: all functions from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/time.h"
#include "ports/lease.h"

namespace exporter::checkpoint {

class Tenure {
 public:
  Tenure(ports::Fence fence, MonoTime until) : fence_(std::move(fence)), until_(until.time_since_epoch().count()) {}

  [[nodiscard]] const ports::Fence& fence() const { return fence_; }
  [[nodiscard]] MonoTime until() const { return MonoTime(Duration(until_.load())); }
  // It is over for good: another one holds the lease, or it was given back.
  [[nodiscard]] bool over() const { return over_.load(); }

  void extend(MonoTime until) { until_.store(until.time_since_epoch().count()); }
  void end() {
    over_.store(true);
    until_.store(MonoTime::min().time_since_epoch().count());
  }

 private:
  const ports::Fence fence_;
  std::atomic<std::int64_t> until_;
  std::atomic<bool> over_ = false;
};

}  // namespace exporter::checkpoint
