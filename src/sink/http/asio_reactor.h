// The production event loop: one Asio io_context, run by one thread. The sockets of the sink live on the same context,
// so a delivery's answer and the loop's own work never need a lock between them.
//
// Whoever uses it (make_http_sink) must be destroyed before it. Thread-safety: post() and stop() from any thread, the
// rest on the thread that runs it (or before it runs).
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"
#include "ports/reactor.h"

namespace exporter::http {

class AsioReactor final : public ports::Reactor {
 public:
  AsioReactor();
  ~AsioReactor() override;

  // One small allocation and one lock; the loop's thread is woken only when it sleeps.
  void post(std::function<void()> task) override;
  // Moving the wake-up later costs no system call.
  void wake_at(MonoTime when, std::function<void()> task) override;
  // May be called again after it returned. A stop() that came while nobody ran it makes the next run() return at once.
  void run() override;
  void stop() override;

  // For this folder only: the context, defined in reactor_impl.h.
  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::http
