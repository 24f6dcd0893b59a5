// The lease thread: waits for the lease, renews it, gives it back. Drives checkpoint/leadership.h with a real store.
//
// It has a connection of its own, so a renewal never waits behind a save that is stuck; and a renewal that is stuck
// itself stops the sending in time, because the loop looks at the Tenure's own clock.
// Thread-safety: run() is the thread itself, once; all others from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "checkpoint/leadership.h"
#include "checkpoint/tenure.h"
#include "observability/metrics.h"
#include "ports/lease.h"

namespace exporter::pipeline {

class LeaseKeeper {
 public:
  // All of it must outlive the keeper. The functions are called on the lease thread.
  struct Parts {
    ports::LeaseStore& store;
    Clock& clock;
    metrics::Metrics& metrics;
    // Whether the process that this holder's text names is known to be dead.
    std::function<bool(const std::string& holder)> is_dead = [](const std::string&) { return false; };
    // Asked before each take-over, lest one be begun that cannot work. Its errors count as the lease's own.
    std::function<Result<void>()> before_take = [] { return Result<void>(); };
    // The tenure ended, or goes on after it could not be used for a while.
    std::function<void()> changed = [] {};
  };

  LeaseKeeper(checkpoint::LeaseOptions options, Parts parts);

  // Waits until the lease is ours, and says under which tenure. Until that one ends, it is renewed. A tenure of before
  // that is not over is given back first. Errors: cancelled; what no waiting mends (corrupt, invalid).
  Result<std::shared_ptr<const checkpoint::Tenure>> acquire(std::stop_token stop);

  // Gives the lease back if it is held. False: not done within `patience` (real time).
  [[nodiscard]] bool release(Duration patience);

  // What is wrong with the lease; nothing when it is held, and nothing for a standby that sees another holder: that one
  // is well, and a rollout that waited for it to send would wait for ever. No secrets.
  [[nodiscard]] std::optional<std::string> not_ready() const;
  // "standby: HOST:PID holds the lease"; nothing when this process holds it, or nobody is known to.
  [[nodiscard]] std::optional<std::string> standby() const;

  // For people: names without what tells two processes of one name apart.
  struct View {
    bool held = false;
    std::string self;
    std::string holder;  // empty: not known
  };
  [[nodiscard]] View view() const;

  void run(std::stop_token stop);

 private:
  void wake() EXPORTER_REQUIRES(mutex_) { wake_.request_stop(); }
  // What to do now; false: nothing for anybody, or only later.
  void step(const std::stop_token& woken);
  void give_back();
  void read();
  void take();
  void renew();
  void on_failure(const Error& error);
  void end_tenure();

  const checkpoint::LeaseOptions options_;
  const Parts parts_;
  // Of the lease thread.
  checkpoint::Leadership machine_;
  std::optional<ports::Fence> told_;  // the holder that the log was told last

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::stop_source wake_ EXPORTER_GUARDED_BY(mutex_);  // ends the thread's wait
  bool wanted_ EXPORTER_GUARDED_BY(mutex_) = false;
  bool giving_back_ EXPORTER_GUARDED_BY(mutex_) = false;
  std::shared_ptr<checkpoint::Tenure> tenure_ EXPORTER_GUARDED_BY(mutex_);
  std::optional<Error> failure_ EXPORTER_GUARDED_BY(mutex_);
  std::string holder_ EXPORTER_GUARDED_BY(mutex_);   // another one's, as seen last
  std::string trouble_ EXPORTER_GUARDED_BY(mutex_);  // of the last question, empty when it was answered
};

}  // namespace exporter::pipeline
