// A mutex whose use clang checks (-Wthread-safety): members say which lock guards them, and a forgotten lock is a
// compile error in the tidy and fuzz presets. gcc ignores the annotations.
// Source of the attribute names: clang's Thread Safety Analysis manual.
#pragma once

#include <mutex>

#if defined(__clang__)
#define EXPORTER_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define EXPORTER_THREAD_ANNOTATION(x)
#endif

#define EXPORTER_GUARDED_BY(mutex) EXPORTER_THREAD_ANNOTATION(guarded_by(mutex))
#define EXPORTER_REQUIRES(mutex) EXPORTER_THREAD_ANNOTATION(requires_capability(mutex))

namespace exporter {

class EXPORTER_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() EXPORTER_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() EXPORTER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds `mutex` for a scope. Meets BasicLockable, so std::condition_variable_any can wait on it.
class EXPORTER_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) EXPORTER_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() EXPORTER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() EXPORTER_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() EXPORTER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace exporter
