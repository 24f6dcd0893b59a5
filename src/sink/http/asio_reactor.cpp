#include "sink/http/asio_reactor.h"

#include <chrono>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "base/clock.h"
#include "sink/http/reactor_impl.h"

namespace exporter::http {

void AsioReactor::Impl::arm(MonoTime when) {
  armed = when;
  // MonoTime and Asio's steady_timer count from the same origin (base/clock.h).
  timer.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch())));
  timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      on_timer();
    }
  });
}

void AsioReactor::Impl::on_timer() {
  armed = kNever;
  if (wanted == kNever) {
    return;
  }
  if (SystemClock().now() < wanted) {
    return arm(wanted);
  }
  wanted = kNever;
  // Moved out first: the task may ask for the next wake-up.
  const auto due = std::move(task);
  task = nullptr;
  due();
}

AsioReactor::AsioReactor() : impl_(std::make_unique<Impl>()) {}
AsioReactor::~AsioReactor() = default;

void AsioReactor::post(std::function<void()> task) { boost::asio::post(impl_->io, std::move(task)); }

void AsioReactor::wake_at(MonoTime when, std::function<void()> task) {
  impl_->wanted = when;
  impl_->task = std::move(task);
  // Later than armed: the timer goes off too early, sees that, and is armed again. One rearming instead of many.
  if (when < impl_->armed) {
    impl_->arm(when);
  }
}

void AsioReactor::run() {
  {
    const auto guard = boost::asio::make_work_guard(impl_->io);
    impl_->io.run();
  }
  // After the guard: giving up the last work stops the context once more.
  impl_->io.restart();
}

void AsioReactor::stop() { impl_->io.stop(); }

}  // namespace exporter::http
