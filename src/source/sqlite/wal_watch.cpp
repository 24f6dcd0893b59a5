#include "source/sqlite/wal_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"

namespace exporter::sqlite {

namespace {

// Takes everything out; what the events say does not matter, only that there were some.
void drain(int descriptor) {
  std::array<char, 4096> buffer{};
  while (::read(descriptor, buffer.data(), buffer.size()) > 0) {
  }
}

}  // namespace

WalWatch::WalWatch(const std::string& database_path)
    : log_path_(database_path + "-wal"),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  EXPORTER_CHECK(stop_event_ >= 0, "a file descriptor is left for the stop event");
}

WalWatch::~WalWatch() {
  if (inotify_ >= 0) {
    ::close(inotify_);
  }
  ::close(stop_event_);
}

bool WalWatch::arm() {
  // For an inode that is watched already this changes nothing (inotify_add_watch(2)).
  return inotify_ >= 0 && ::inotify_add_watch(inotify_, log_path_.c_str(), IN_MODIFY) >= 0;
}

WalWatch::Woke WalWatch::wait(Duration timeout, const std::stop_token& stop) { return poll_for(timeout, stop, true); }
WalWatch::Woke WalWatch::pause(Duration timeout, const std::stop_token& stop) {
  const Woke woke = poll_for(timeout, stop, false);
  if (inotify_ >= 0) {
    drain(inotify_);
  }
  return woke;
}

WalWatch::Woke WalWatch::poll_for(Duration timeout, const std::stop_token& stop, bool writes) {
  drain(stop_event_);  // from an earlier token; the callback below runs at once when this one is stopped already
  const std::stop_callback on_stop(stop, [this] {
    const std::uint64_t one = 1;
    (void)!::write(stop_event_, &one, sizeof one);
  });
  std::array<pollfd, 2> descriptors{pollfd{stop_event_, POLLIN, 0}, pollfd{inotify_, POLLIN, 0}};
  const auto whole = std::chrono::floor<std::chrono::seconds>(std::max(timeout, Duration::zero()));
  timespec limit{};
  limit.tv_sec = whole.count();
  limit.tv_nsec = (std::max(timeout, Duration::zero()) - whole).count();
  const nfds_t watched = writes && inotify_ >= 0 ? 2 : 1;
  const int ready = ::ppoll(descriptors.data(), watched, &limit, nullptr);
  if (stop.stop_requested()) {
    return Woke::stopped;
  }
  if (ready > 0 && watched == 2 && descriptors[1].revents != 0) {
    drain(inotify_);
    return Woke::written;
  }
  return Woke::timeout;  // an interrupted wait counts as one: the caller looks, and waits again
}

}  // namespace exporter::sqlite
