// The loop: carries out what the heart decides. All of it runs on the reactor's thread, but notify() and fail_with().
//
// A turn is: carry out the actions, pull the next batch if the heart wants more, repeat until neither, arm the timer.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bounded_queue.h"
#include "event/prepared_event.h"
#include "pipeline/board.h"
#include "pipeline/lag.h"
#include "pipeline/pipeline.h"
#include "pipeline/store_worker.h"

namespace exporter::pipeline {

class Pipeline::Loop {
 public:
  Loop(const PipelineOptions& options, Parts parts, ports::Checkpoint saved, BoundedQueue<event::PreparedBatch>& queue,
       std::atomic<std::int64_t>& heartbeat, Readiness& readiness);

  // Connects the handlers and arms the timer; before the reactor runs.
  void begin(StoreWorker& store);

  // A batch was pushed. Any thread.
  void notify();
  // Something that cannot be mended happened on another thread: end with this error. Any thread.
  void fail_with(Error error);
  // Reactor's thread.
  void stop(bool skip_drain);
  void on_saved(const Result<void>& result);
  void on_dead_lettered(event::Ticket ticket, const Result<void>& result);
  void on_counted(const Result<std::uint64_t>& letters);
  void on_measured(const Result<std::optional<Duration>>& headroom);

  // After the reactor ended: why, if not by a drain.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  void on_answer(const event::Answer& answer);
  void on_credentials();
  // Pauses and resumes the sending as the lease demands. False: it is over, nothing is done any more.
  bool heed_lease(MonoTime now);
  void allow_sends(MonoTime now);
  void end_without_saving(Error error);
  void on_timer();
  void turn();
  void carry_out();
  void count_set_aside(std::string_view reason);
  void on_sink_paused(const Notice& notice);
  void on_history_settled();
  void arm(MonoTime now);
  void finish_if_drained(MonoTime now);
  void show(MonoTime now);
  // On the board; what takes long to tell, less often.
  void publish(const HeartStatus& status, MonoTime now);
  // Each turn, so that what /metrics counts from it is never old.
  void show_lag(MonoTime now);
  void show_checkpoint(const HeartStatus& status, MonoTime now);
  // Asks for the number of stored letters, when it is time to.
  void count_letters(MonoTime now);
  // Asks how long the datastore keeps what follows the saved position, when it is time to.
  void measure_headroom(MonoTime now);
  void show_headroom(std::optional<Duration> headroom);
  void count_accepted(const Actions::Accepted& accepted);
  void count_attempt(const event::Answer& answer, MonoTime now);
  [[nodiscard]] bool traced() const { return parts_.tracer != nullptr; }

  const PipelineOptions& options_;
  Parts parts_;
  BoundedQueue<event::PreparedBatch>& queue_;
  std::atomic<std::int64_t>& heartbeat_;
  Readiness& readiness_;
  Heart heart_;
  LoopView view_;
  StoreWorker* store_ = nullptr;
  std::shared_ptr<const ports::BearerToken> token_;
  std::vector<std::shared_ptr<const ports::BearerToken>> tokens_in_flight_;  // by ticket slot
  std::array<metrics::Counter*, 600> status_counters_{};
  metrics::Counter* success_ = nullptr;  // from its first use
  struct Stages {
    metrics::Histogram& read;
    metrics::Histogram& queue;
    metrics::Histogram& deliver;
  } stages_;
  Passed passed_;
  std::optional<WallTime> watermark_;  // that the work began with
  std::optional<MonoTime> save_began_;
  std::optional<MonoTime> unsaved_since_;
  std::optional<MonoTime> counted_at_;
  bool counting_ = false;
  bool letters_changed_ = true;  // since they were counted
  bool headroom_forbidden_ = false;
  MonoTime measure_at_{};  // kNever: asked, and not answered
  std::atomic<bool> notified_ = false;
  MonoTime armed_ = kNever;
  MonoTime shown_{};
  MonoTime detailed_{};
  MonoTime started_{};
  bool history_ = false;
  MonoTime progress_logged_{};
  std::uint64_t relaxations_shown_ = 0;
  std::optional<MonoTime> drain_deadline_;
  bool closed_ = false;
  bool lapsed_ = false;  // the lease could not be renewed in time
  std::optional<Error> failure_;
};

}  // namespace exporter::pipeline
