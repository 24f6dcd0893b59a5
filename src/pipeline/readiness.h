// What stands between the program and delivery, for /readyz: one reason a cause, in words.
//
// Each part reports its own cause, and withdraws it when it is well again. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "status/problems.h"

namespace exporter::pipeline {

class Readiness {
 public:
  using Cause = status::Obstacle::Kind;  // shown in its order

  // `reason`: for people, no secrets.
  void fail(Cause cause, std::string reason) {
    MutexLock lock(mutex_);
    reasons_.insert_or_assign(cause, std::move(reason));
  }
  void well(Cause cause) {
    MutexLock lock(mutex_);
    reasons_.erase(cause);
  }

  [[nodiscard]] std::map<Cause, std::string> causes() const {
    MutexLock lock(mutex_);
    return reasons_;
  }

 private:
  mutable Mutex mutex_;
  std::map<Cause, std::string> reasons_ EXPORTER_GUARDED_BY(mutex_);
};

}  // namespace exporter::pipeline
