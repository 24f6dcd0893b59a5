// The pipeline: joins the stages, owns the source and store threads, drives the heart on the caller's thread. Knows no
// adapter.
//
//   source thread   Reader (read, decode, transform)  --batches, byte-bounded-->  loop
//   loop thread     Heart, Sink, timers: the thread that calls run()
//   store thread    checkpoint and dead-letter writes
//
// Thread-safety: run() once, on the loop thread; all others from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "checkpoint/tenure.h"
#include "observability/metrics.h"
#include "pipeline/board.h"
#include "pipeline/heart.h"
#include "pipeline/reader.h"
#include "pipeline/readiness.h"
#include "ports/checkpoint_store.h"
#include "ports/credentials.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/reactor.h"
#include "ports/retention.h"
#include "ports/sink.h"
#include "ports/source.h"
#include "tracing/event_tracer.h"

namespace exporter::pipeline {

struct PipelineOptions {
  HeartOptions heart;
  ReaderOptions reader;
  std::size_t queue_bytes = 4 << 20;  // prepared events between source thread and loop
  Duration drain_timeout = std::chrono::seconds(20);
  // While what is delivered lags behind by more, the pipeline is not ready; zero: however much.
  Duration max_export_lag{};
};

// What the pipeline works with. All of it must outlive the pipeline.
struct Parts {
  ports::Source& source;
  ports::History& history;
  ports::Documents& documents;
  Preparer& preparer;
  ports::CheckpointStore& checkpoints;
  ports::DeadLetters& dead_letters;
  ports::Sink& sink;
  ports::Credentials& credentials;
  ports::Reactor& reactor;
  Clock& clock;
  metrics::Metrics& metrics;
  // The lease under which this pipeline works: every save is fenced by it, nothing is sent while it cannot be used, and
  // when it is over, run() ends at once, saves nothing, and fails with not_leader. Null: no lease is used.
  const checkpoint::Tenure* tenure = nullptr;
  // Null: the datastore keeps its changes for ever.
  ports::Retention* retention = nullptr;
  // Called by run() when it has its result but a thread of its own still waits for the datastore, a second after it was
  // asked to stop: ends the process. When it returns, or is empty, run() waits for that thread.
  std::function<void(const Result<void>&)> abandon = {};
  // The one of the preparer; null: no traces.
  tracing::EventTracer* tracer = nullptr;
  // Where it shows what it does; null: on one of its own.
  Board* board = nullptr;
};

class Pipeline {
 public:
  Pipeline(PipelineOptions options, Parts parts);
  ~Pipeline();

  // Blocks until drained after stop(), or until something happens that a restart alone cannot mend (corrupt or foreign
  // data: corrupt, invalid; a lost lease: not_leader). Sets up the first position before anything is read.
  Result<void> run();

  // Begins the drain: no more reading, requests in flight may finish until the drain timeout, then the last save. A
  // second call skips the drain.
  void stop();

  // The tenure is over, or can be used again.
  void lease_changed();

  // Why the loop counts as dead; nothing when it is well or does not run yet.
  [[nodiscard]] std::optional<std::string> unhealthy() const;

  // Why events are not delivered at the moment, or not for sure; empty when all is well. No secrets.
  [[nodiscard]] std::map<Readiness::Cause, std::string> not_ready() const;

 private:
  class Loop;

  // bootstrap() on a thread of its own, so that a stop does not wait for the datastore.
  Result<ports::Checkpoint> begin(Reader& reader);
  Result<ports::Checkpoint> bootstrap(Reader& reader);
  Result<ports::Checkpoint> first_start(Reader& reader);
  [[nodiscard]] std::optional<ports::Fence> fence() const;
  void read(Reader& reader, BoundedQueue<event::PreparedBatch>& queue, Loop& loop, std::stop_token stop);

  PipelineOptions options_;
  Board own_board_;
  Parts parts_;
  Readiness readiness_;
  std::stop_source stopping_;  // ends the bootstrap's waits
  mutable Mutex mutex_;
  Loop* loop_ EXPORTER_GUARDED_BY(mutex_) = nullptr;  // while the reactor runs
  int stop_requests_ EXPORTER_GUARDED_BY(mutex_) = 0;
  std::atomic<std::int64_t> heartbeat_;  // MonoTime of the loop's last turn, in its count; kNever's before the first
};

}  // namespace exporter::pipeline
