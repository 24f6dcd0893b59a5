// A library for LD_PRELOAD that moves one program's wall clock, and no other clock, while it runs.
//
// WALL_CLOCK_SHIFT names a file of eight bytes: a number of seconds, in this machine's byte order, that is added to what
// the kernel says. Whoever writes it makes the clock jump. Timers and the monotonic clock go on as they are, which is
// what happens when somebody sets a machine's clock.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const std::atomic<std::int64_t>* open_shift() {
  const char* const path = std::getenv("WALL_CLOCK_SHIFT");
  const int file = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
  void* const mapped = file >= 0 ? ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  if (mapped == MAP_FAILED) {
    std::abort();  // a test that believes in a jump that never comes proves nothing
  }
  ::close(file);
  return static_cast<const std::atomic<std::int64_t>*>(mapped);
}

std::int64_t shift() {
  static const std::atomic<std::int64_t>* const seconds = open_shift();
  return seconds->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += shift();
  }
  return result;
}

int gettimeofday(struct timeval* __restrict now, void* __restrict /*zone*/) noexcept {
  timespec exact{};
  const int result = clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return result;
}

std::time_t time(std::time_t* now) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now != nullptr) {
    *now = exact.tv_sec;
  }
  return exact.tv_sec;
}

}  // extern "C"
