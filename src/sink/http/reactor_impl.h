// What is inside the reactor, for the sources of this folder that open sockets on it.
// Thread-safety: `io` as Asio says; the rest belongs to the reactor's thread.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sink/http/asio_reactor.h"

namespace exporter::http {

struct AsioReactor::Impl {
  void arm(MonoTime when);
  void on_timer();

  // 1: only one thread runs it, so that a posted task wakes nobody who is awake. Not Asio's "unsafe": post() needs
  // locks.
  boost::asio::io_context io{1};
  boost::asio::steady_timer timer{io};
  MonoTime armed = kNever;  // when the timer goes off; never later than `wanted`
  MonoTime wanted = kNever;
  std::function<void()> task;
};

}  // namespace exporter::http
