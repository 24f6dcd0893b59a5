// A named thread that can be asked whether it has ended: the datastore's calls block, and a network that never answers
// must not hold up the end of the process.
//
// Thread-safety: all functions from the thread that made it.
#pragma once

#include <condition_variable>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include <pthread.h>

#include "base/mutex.h"
#include "base/time.h"

namespace exporter::pipeline {

class WorkerThread {
 public:
  // `name`: at most 15 characters. What `work` touches must outlive this object, whose destructor asks for a stop and
  // waits.
  WorkerThread(const char* name, std::function<void(std::stop_token)> work)
      : thread_([this, name, work = std::move(work)](std::stop_token stop) {
          pthread_setname_np(pthread_self(), name);
          work(std::move(stop));
          MutexLock lock(mutex_);
          ended_ = true;
          changed_.notify_all();
        }) {}

  void request_stop() { thread_.request_stop(); }

  // Waits at most `patience` (real time) for the end.
  [[nodiscard]] bool ended_within(Duration patience) {
    MutexLock lock(mutex_);
    return changed_.wait_for(lock, patience, [this]() EXPORTER_REQUIRES(mutex_) { return ended_; });
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool ended_ EXPORTER_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace exporter::pipeline
