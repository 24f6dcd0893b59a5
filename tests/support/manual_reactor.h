// A reactor on a manual clock: run() is a thread's loop as in production, but time stands still until the test moves
// it.
//
// Thread-safety: internally synchronized; the reactor's thread is the one that calls run().
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "ports/reactor.h"
#include "support/manual_clock.h"

namespace exporter::testing {

class ManualReactor final : public ports::Reactor {
 public:
  explicit ManualReactor(ManualClock& clock) : clock_(clock) {}

  void post(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void wake_at(MonoTime when, std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    due_ = when;
    timer_ = std::move(task);
  }
  void run() override {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (clock_.now() >= due_) {
        due_ = kNever;
        tasks_.push_back(std::exchange(timer_, nullptr));
      }
      if (tasks_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
      changed_.notify_all();
    }
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  // From the test's thread: looks again after each task (and each millisecond, for what other threads do), and moves
  // the clock on by `each` between looks. False after ten seconds.
  template <class Condition>
  bool eventually(Condition condition, Duration each = Duration::zero()) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) {
        return false;
      }
      clock_.advance(each);
      std::unique_lock lock(mutex_);
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  ManualClock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::function<void()> timer_;
  MonoTime due_ = kNever;
  bool stopped_ = false;
};

}  // namespace exporter::testing
