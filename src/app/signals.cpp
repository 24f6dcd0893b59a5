#include "app/signals.h"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace exporter::app {

namespace {

// The thread's own wake-up, so that it can end; nothing else in the process uses it.
constexpr int kWake = SIGUSR2;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, kWake);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalThread::SignalThread(std::function<void()> on_stop)
    : thread_([on_stop = std::move(on_stop)](std::stop_token stop) {
        pthread_setname_np(pthread_self(), "signals");
        const sigset_t set = watched();
        while (!stop.stop_requested()) {
          const int signal = sigwaitinfo(&set, nullptr);
          if (signal == SIGINT || signal == SIGTERM) {
            on_stop();
          }
        }
      }) {}

SignalThread::~SignalThread() {
  thread_.request_stop();
  pthread_kill(thread_.native_handle(), kWake);
}

}  // namespace exporter::app
