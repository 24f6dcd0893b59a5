// The loop thread's view of its event loop: hand work over, be woken at a time.
//
// The production reactor is Asio's (sink/http owns it, since the sockets live there); tests drive a manual one.
#pragma once

#include <functional>

#include "base/time.h"

namespace exporter::ports {

class Reactor {
 public:
  virtual ~Reactor() = default;

  // Runs `task` on the reactor's thread, later. From any thread.
  virtual void post(std::function<void()> task) = 0;

  // The one timer: `task` runs on the reactor's thread at `when` or soon after. A new call replaces the old one; kNever
  // cancels. Reactor's thread only.
  virtual void wake_at(MonoTime when, std::function<void()> task) = 0;

  // Runs until stop(); the calling thread is the reactor's thread.
  virtual void run() = 0;
  // From any thread.
  virtual void stop() = 0;
};

}  // namespace exporter::ports
