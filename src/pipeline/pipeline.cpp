#include "pipeline/pipeline.h"

#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/backoff.h"
#include "base/bounded_queue.h"
#include "base/failpoint.h"
#include "observability/log.h"
#include "pipeline/loop.h"
#include "pipeline/store_worker.h"
#include "pipeline/worker_thread.h"

namespace exporter::pipeline {

namespace {

// A quiet stream's read returns at least this often: what is known about the lag is as old as this at most.
constexpr Duration kStepTime = std::chrono::milliseconds(500);
constexpr std::size_t kMostIdle =
    64 << 10;  // bytes waiting for the loop, beyond which it is not told that nothing came
constexpr Duration kIdleAdvance = std::chrono::seconds(5);  // how often the position moves on a quiet stream
constexpr Duration kDeadAfter = std::chrono::seconds(30);   // the loop turns once a second when it is well
constexpr Duration kJoinTime = std::chrono::seconds(1);     // for a thread that was asked to stop
constexpr BackoffOptions kReadBackoff{.initial = std::chrono::milliseconds(100), .cap = std::chrono::seconds(10)};

// How long to wait before the datastore is asked again.
class ReadRetry {
 public:
  explicit ReadRetry(std::uint64_t seed) : random_(static_cast<std::uint32_t>(seed)) {}
  Duration next() {
    return with_jitter(backoff_delay(kReadBackoff, ++failures_), std::uniform_real_distribution<>()(random_));
  }
  void succeeded() { failures_ = 0; }

 private:
  std::minstd_rand random_;
  std::uint32_t failures_ = 0;
};

// Counts what the filter held back and could not judge, and says the latter.
void report_filter(const event::PreparedBatch& batch, const Preparer::Unjudged& unjudged, metrics::Metrics& metrics) {
  metrics.events_filtered.add(static_cast<double>(batch.filtered()));
  metrics.filter_errors.add(static_cast<double>(unjudged.events));
  if (unjudged.events > 0) {
    log::warn("Filter evaluation failed, exporting event",
              {{"error", unjudged.error},
               {"checkName", unjudged.check_name},
               {"events", unjudged.events},
               {"action", "guard what an event may lack with has(), and try it with event-exporter filter test"}});
  }
}

std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

bool mendable(const Error& error) {
  return error.kind != ErrorKind::corrupt && error.kind != ErrorKind::invalid && error.kind != ErrorKind::not_leader;
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, Parts parts)
    : options_(options), parts_(parts), heartbeat_(kNever.time_since_epoch().count()) {
  readiness_.fail(Readiness::Cause::start, "starting: the stored position is not known yet");
  if (parts_.board == nullptr) {
    parts_.board = &own_board_;
  }
}
Pipeline::~Pipeline() = default;

void Pipeline::stop() {
  stopping_.request_stop();
  MutexLock lock(mutex_);
  const bool skip_drain = ++stop_requests_ > 1;
  if (loop_ != nullptr) {
    parts_.reactor.post([loop = loop_, skip_drain] { loop->stop(skip_drain); });
  }
}

void Pipeline::lease_changed() {
  if (parts_.tenure != nullptr && parts_.tenure->over()) {
    stopping_.request_stop();
  }
  MutexLock lock(mutex_);
  if (loop_ != nullptr) {
    loop_->notify();
  }
}

std::optional<ports::Fence> Pipeline::fence() const {
  return parts_.tenure != nullptr ? std::optional(parts_.tenure->fence()) : std::nullopt;
}

std::optional<std::string> Pipeline::unhealthy() const {
  const MonoTime last{Duration(heartbeat_.load(std::memory_order_relaxed))};
  const Duration silent = parts_.clock.now() - last;
  if (silent < kDeadAfter) {
    return std::nullopt;
  }
  return fmt::format("the delivery loop has not turned for {} s", whole_seconds(silent));
}

std::map<Readiness::Cause, std::string> Pipeline::not_ready() const {
  auto causes = readiness_.causes();
  const auto delivered = parts_.board->delivered_up_to();
  // While the history is sent for the first time it lags by days, and that is as it should be.
  const bool history = parts_.board->view().checkpoint.backfill.state == ports::Backfill::State::running;
  if (options_.max_export_lag > Duration::zero() && delivered && !history) {
    if (const Duration lag = parts_.clock.now() - *delivered; lag > options_.max_export_lag) {
      causes.emplace(Readiness::Cause::lag,
                     fmt::format("what is delivered lags {} s behind, and more than {} s is too much",
                                 whole_seconds(lag), whole_seconds(options_.max_export_lag)));
    }
  }
  return causes;
}

Result<ports::Checkpoint> Pipeline::first_start(Reader& reader) {
  FirstStart found;
  auto first = reader.first_checkpoint(found);
  if (!first) {
    return fail(first.error());
  }
  // Saved before anything is read: a crash from here on continues, it does not start over.
  if (auto saved = parts_.checkpoints.save(*first, fence()); !saved) {
    return fail(saved.error());
  }
  EXPORTER_FAILPOINT("start.first_saved");
  if (!options_.reader.backfill.enabled) {
    log::info("Backfill disabled in configuration", {});
    return first;
  }
  log::info("Starting backfill", {{"events", found.planned},
                                  {"maxAge", options_.reader.backfill.max_age},
                                  {"maxEvents", options_.reader.backfill.max_events}});
  if (found.cut > 0) {
    log::warn("More events are stored than backfill.max_events allows; the oldest are not sent",
              {{"notSent", found.cut},
               {"maxEvents", options_.reader.backfill.max_events},
               {"action", "if they matter, start anew with a larger backfill.max_events"}});
  }
  return first;
}

// Loads the checkpoint, or makes the first one; tries again for as long as that may help.
Result<ports::Checkpoint> Pipeline::bootstrap(Reader& reader) {
  log::info("Checking for existing resume token", {});
  ReadRetry retry(options_.heart.seed);
  for (;;) {
    auto loaded = parts_.checkpoints.load();
    Result<ports::Checkpoint> checkpoint = fail(ErrorKind::transient, {});
    if (loaded && *loaded) {
      log::info("Resume token exists - skipping backfill on this restart",
                {{"backfillContinues", (*loaded)->backfill.state == ports::Backfill::State::running},
                 {"pending", (*loaded)->ahead ? (*loaded)->ahead->pending.size() : 0}});
      return std::move(**loaded);
    }
    if (loaded) {
      log::info("No resume token found - this appears to be first deployment", {});
      checkpoint = first_start(reader);
    } else {
      checkpoint = fail(loaded.error());
    }
    if (checkpoint || !mendable(checkpoint.error())) {
      return checkpoint;
    }
    const Duration delay = retry.next();
    log::warn(
        "The datastore does not answer, trying again",
        {{"error", checkpoint.error()}, {"retryIn", delay}, {"action", "look whether it runs and can be reached"}});
    readiness_.fail(Readiness::Cause::start, "the datastore does not answer: " + checkpoint.error().message);
    if (!parts_.clock.sleep_until(after(parts_.clock.now(), delay), stopping_.get_token())) {
      return fail(ErrorKind::cancelled, "stopped before the first position was known");
    }
  }
}

void Pipeline::read(Reader& reader, BoundedQueue<event::PreparedBatch>& queue, Loop& loop, std::stop_token stop) {
  ReadRetry retry(options_.heart.seed);
  std::uint64_t healed = 0;
  std::uint64_t repeats_avoided = 0;
  bool read_before = false;
  Passed passed;
  std::optional<MonoTime> advanced;
  while (!stop.stop_requested()) {
    const bool history = reader.in_history();
    const bool stream = reader.in_stream();
    auto batch = reader.step(after(parts_.clock.now(), kStepTime), stop);
    if (!batch && stop.stop_requested()) {
      return;
    }
    if (!batch && !mendable(batch.error())) {
      loop.fail_with(batch.error());
      return;
    }
    if (!batch) {
      parts_.metrics.source_errors.add();
      const Duration delay = retry.next();
      log::warn("Reading the datastore failed, trying again",
                {{"error", batch.error()},
                 {"retryIn", delay},
                 {"action", "look whether it runs and can be reached; reading goes on where it was"}});
      readiness_.fail(Readiness::Cause::reading, "reading the datastore fails: " + batch.error().message);
      parts_.clock.sleep_until(after(parts_.clock.now(), delay), stop);
      continue;
    }
    retry.succeeded();
    readiness_.well(Readiness::Cause::reading);
    parts_.metrics.duplicates_avoided.add(
        static_cast<double>(reader.repeats_avoided() - std::exchange(repeats_avoided, reader.repeats_avoided())));
    const bool lost = reader.healed() > healed;
    if (lost) {
      healed = reader.healed();
      parts_.metrics.recoveries.with(read_before ? "runtime" : "initialization").add();
      log::warn("The stream's position was lost; the stored events are read again from the last safe time",
                {{"action", "let the datastore keep its log of changes for longer than this program may be away"}},
                log::Repeats::written);
    }
    const MonoTime now = parts_.clock.now();
    report_filter(*batch, parts_.preparer.take_unjudged(), parts_.metrics);
    passed.batch(*batch, now, parts_.clock.wall_now());
    parts_.metrics.stream_lag.since(passed.up_to());
    parts_.board->read_up_to(passed.up_to());
    parts_.board->read(batch->events.size(), batch->filtered());
    read_before = read_before || (stream && !lost);
    if (!history) {
      parts_.metrics.events_received.add(static_cast<double>(batch->events.size()));
    }
    if (batch->caught_up_at) {
      // While the loop takes nothing, which may be for days, it has older events: so many of these need not wait there.
      if (queue.weight() > kMostIdle) {
        continue;
      }
      if (advanced && now - *advanced < kIdleAdvance) {
        batch->end = {};
      } else {
        advanced = now;
      }
    }
    if (batch->events.empty() && batch->end.position.empty() && !batch->caught_up_at) {
      continue;
    }
    const std::size_t weight = batch->weight();
    if (!queue.push(std::move(*batch), weight, stop)) {
      return;
    }
    EXPORTER_FAILPOINT("reader.batch_queued");
    loop.notify();
  }
}

Result<ports::Checkpoint> Pipeline::begin(Reader& reader) {
  std::optional<Result<ports::Checkpoint>> result;
  WorkerThread thread("start", [&](const std::stop_token&) { result = bootstrap(reader); });
  while (!thread.ended_within(kJoinTime)) {
    // One more wait after a stop was seen: it may have come a moment ago.
    if (stopping_.stop_requested() && !thread.ended_within(kJoinTime) && parts_.abandon) {
      parts_.abandon({});
    }
  }
  return std::move(*result);
}

Result<void> Pipeline::run() {
  Reader reader(parts_.source, parts_.history, parts_.documents, parts_.preparer, parts_.clock, options_.reader);
  auto saved = begin(reader);
  if (parts_.tenure != nullptr && parts_.tenure->over()) {
    return fail(ErrorKind::not_leader, "the lease was lost before the position was known");
  }
  if (!saved) {
    return saved.error().kind == ErrorKind::cancelled ? Result<void>() : fail(saved.error());
  }
  reader.start(*saved);
  log::info("Starting event stream", {{"workers", options_.heart.workers}});

  std::stop_source reading;
  BoundedQueue<event::PreparedBatch> queue(options_.queue_bytes);
  Loop loop(options_, parts_, std::move(*saved), queue, heartbeat_, readiness_);
  StoreWorker store(
      parts_.checkpoints, parts_.dead_letters, parts_.reactor,
      {.saved = [&loop](const Result<void>& result) { loop.on_saved(result); },
       .dead_lettered = [&loop](event::Ticket ticket,
                                const Result<void>& result) { loop.on_dead_lettered(ticket, result); },
       .counted = [&loop](const Result<std::uint64_t>& letters) { loop.on_counted(letters); },
       .measured = [&loop](const Result<std::optional<Duration>>& headroom) { loop.on_measured(headroom); }},
      parts_.retention, fence());
  loop.begin(store);
  readiness_.well(Readiness::Cause::start);

  // Threads are locals, so that they are joined before anything that they touch dies.
  WorkerThread store_thread("store", [&store](std::stop_token stop) { store.run(std::move(stop)); });
  WorkerThread source_thread("source", [&](std::stop_token stop) {
    const std::stop_callback both(stopping_.get_token(), [&] { reading.request_stop(); });
    const std::stop_callback own(stop, [&] { reading.request_stop(); });
    read(reader, queue, loop, reading.get_token());
  });
  {
    MutexLock lock(mutex_);
    loop_ = &loop;
    if (stop_requests_ > 0) {
      parts_.reactor.post([&loop] { loop.stop(false); });
    }
  }
  parts_.reactor.run();
  {
    MutexLock lock(mutex_);
    loop_ = nullptr;
  }
  parts_.credentials.on_change([] {});
  const Result<void> result = loop.failure() ? Result<void>(fail(*loop.failure())) : Result<void>();
  store_thread.request_stop();
  source_thread.request_stop();
  if ((!store_thread.ended_within(kJoinTime) || !source_thread.ended_within(kJoinTime)) && parts_.abandon) {
    parts_.abandon(result);
  }
  return result;
}

}  // namespace exporter::pipeline
