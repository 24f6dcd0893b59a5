// What a pipeline shows of itself: the loop and the source thread write it down, the status page reads it.
//
// It outlives the pipelines of one process (one for each tenure of the lease), so that what is counted goes on counting.
// Thread-safety: all functions, any thread; publish() by one loop at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "dispatch/lanes.h"
#include "pipeline/heart.h"
#include "ports/checkpoint_store.h"
#include "status/recent.h"

namespace exporter::pipeline {

// The loop's view of one moment. Moments are on the pipeline's clock.
struct LoopView {
  HeartStatus heart;
  std::uint64_t max_bytes = 0;
  std::uint32_t workers = 0;
  std::size_t active_lanes = 0;
  std::vector<dispatch::LaneStatus> busiest;
  std::size_t read_queue_bytes = 0;
  ports::Checkpoint checkpoint;      // what the next save will hold, without what is ahead
  std::optional<MonoTime> saved_at;  // the last time in this process
  std::optional<MonoTime> unsaved_since;
  // How much longer the datastore keeps what follows the saved position, measured in the last quarter of a minute;
  // Duration::max(): nothing is dropped, or was so far. Nothing: not known.
  std::optional<Duration> headroom;
  std::optional<std::uint64_t> letters;  // stored
  bool stopping = false;
  status::Counts counts;        // without what was received, see Board
  std::uint64_t set_aside = 0;  // since the process started
  std::optional<MonoTime> last_accepted;
  struct Failure {
    std::string_view what;  // a phrase of the error table
    int status = 0;         // 0: no answer
    MonoTime at{};
  };
  std::optional<Failure> last_failure;
};

class Board {
 public:
  void publish(const LoopView& view) {
    MutexLock lock(mutex_);
    view_ = view;
  }
  [[nodiscard]] LoopView view() const {
    MutexLock lock(mutex_);
    return view_;
  }

  // No pipeline runs any more: what was counted stays, all else is not known.
  void clear() {
    read_up_to({});
    delivered_up_to({});
    MutexLock lock(mutex_);
    LoopView cleared;
    cleared.max_bytes = view_.max_bytes;
    cleared.workers = view_.workers;
    cleared.counts = view_.counts;
    cleared.set_aside = view_.set_aside;
    cleared.last_accepted = view_.last_accepted;
    cleared.last_failure = view_.last_failure;
    view_ = std::move(cleared);
  }

  // The source thread read so many events, and the filter held so many of them back.
  void read(std::size_t events, std::size_t held_back) {
    received_.fetch_add(events, std::memory_order_relaxed);
    held_back_.fetch_add(held_back, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t received() const { return received_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t held_back() const { return held_back_.load(std::memory_order_relaxed); }

  // See pipeline/lag.h. Nothing: not known.
  void read_up_to(std::optional<MonoTime> moment) { store(read_up_to_, moment); }
  [[nodiscard]] std::optional<MonoTime> read_up_to() const { return load(read_up_to_); }
  void delivered_up_to(std::optional<MonoTime> moment) { store(delivered_up_to_, moment); }
  [[nodiscard]] std::optional<MonoTime> delivered_up_to() const { return load(delivered_up_to_); }

 private:
  using Moment = std::atomic<std::int64_t>;  // a MonoTime's count; kNever's: not known
  static void store(Moment& kept, std::optional<MonoTime> moment) {
    kept.store(moment.value_or(kNever).time_since_epoch().count(), std::memory_order_relaxed);
  }
  static std::optional<MonoTime> load(const Moment& kept) {
    const MonoTime moment{Duration(kept.load(std::memory_order_relaxed))};
    return moment == kNever ? std::nullopt : std::optional(moment);
  }

  mutable Mutex mutex_;
  LoopView view_ EXPORTER_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> held_back_ = 0;
  Moment read_up_to_ = kNever.time_since_epoch().count();
  Moment delivered_up_to_ = kNever.time_since_epoch().count();
};

}  // namespace exporter::pipeline
