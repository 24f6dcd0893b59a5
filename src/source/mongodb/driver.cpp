#include "source/mongodb/driver.h"

#include <fcntl.h>
#include <mongoc/mongoc.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>

#include "observability/log.h"

namespace exporter::mongodb {

namespace {

// The driver's own messages. They name hosts and causes, never passwords.
void log_driver(mongoc_log_level_t level, const char* domain, const char* message, void*) {
  const log::Fields fields{{"domain", domain}, {"message", message}};
  if (level == MONGOC_LOG_LEVEL_ERROR || level == MONGOC_LOG_LEVEL_CRITICAL || level == MONGOC_LOG_LEVEL_WARNING) {
    log::warn("MongoDB driver", fields);
  } else {
    log::debug("MongoDB driver", fields);
  }
}

// The driver keeps counters in /dev/shm/mongoc-PID and removes them when the process ends well; after kill -9 they stay.
// In a pod every process is PID 1 and /dev/shm outlives the container, so the next start would find them, and warn on
// stderr in a format of its own, for the driver creates them before main() and before any handler can be set. A file
// under our own process id belongs to nobody who is alive: it goes before the driver's constructor looks. Only a plain
// system call is safe here, before the libraries (and sanitizers) are initialized.
#if defined(__clang__)
__attribute__((no_sanitize("all")))
#else
__attribute__((no_sanitize("address"), no_sanitize("thread"), no_sanitize("undefined")))
#endif
void remove_stale_counters(int, char**, char**) {
  char path[] = "/dev/shm/mongoc-\0\0\0\0\0\0\0\0\0\0\0";
  char digits[10];
  int count = 0;
  for (long id = ::syscall(SYS_getpid); id > 0 && count < 10; id /= 10) {
    digits[count++] = static_cast<char>('0' + id % 10);
  }
  char* end = path + sizeof("/dev/shm/mongoc-") - 1;
  while (count > 0) {
    *end++ = digits[--count];
  }
  ::syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

using Initializer = void (*)(int, char**, char**);
__attribute__((section(".preinit_array"), used)) const Initializer kRemoveStaleCounters = &remove_stale_counters;

}  // namespace

void init_driver() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_log_set_handler(&log_driver, nullptr);
    mongoc_init();
  });
}

}  // namespace exporter::mongodb
