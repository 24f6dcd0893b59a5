// SIGINT and SIGTERM as calls, on a thread of their own.
//
// The signals are blocked for the whole process (call block_signals() before any thread starts) and taken by
// sigwaitinfo(2), so no handler runs in the middle of anything. SIGPIPE and SIGXFSZ are ignored: a closed socket and a
// file that may not grow (setrlimit(2), RLIMIT_FSIZE) are error values.
#pragma once

#include <functional>
#include <thread>

namespace exporter::app {

void block_signals();

class SignalThread {
 public:
  // `on_stop` is called on this object's thread for each SIGINT or SIGTERM.
  explicit SignalThread(std::function<void()> on_stop);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace exporter::app
