#include "tracing/span_exporter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "observability/log.h"

namespace exporter::tracing {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kSpansOfAnEvent = 4;
constexpr int kNicer = 10;  // than the process

// The threads that the sender's library starts inherit it, because it makes them at its first use.
void run_behind_delivery() {
  pthread_setname_np(pthread_self(), "traces");
  // Of this thread alone, as Linux has it (setpriority(2), "C library/kernel differences").
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNicer);
}

}  // namespace

SpanExporter::SpanExporter(ExportOptions options, EventSpans spans, std::unique_ptr<Sender> sender,
                           metrics::Metrics& metrics)
    : options_(options),
      spans_(std::move(spans)),
      sender_(std::move(sender)),
      metrics_(metrics),
      dropped_full_(metrics.spans_dropped.with("queue_full")),
      dropped_failed_(metrics.spans_dropped.with("export_failed")),
      dropped_at_end_(metrics.spans_dropped.with("shutdown")),
      thread_([this] { run(); }) {}

SpanExporter::~SpanExporter() { close(Duration::zero()); }

void SpanExporter::put(Record record) {
  const std::size_t spans = spans_of(record);
  bool wake = false;
  bool closed = false;
  bool full = false;
  {
    MutexLock lock(mutex_);
    const std::size_t before = queued_.load(std::memory_order_relaxed);
    closed = closing_.has_value();
    full = !queue_.empty() && before + spans > options_.max_queue;
    if (!closed && !full) {
      queue_.push_back(std::move(record));
      queued_.store(before + spans, std::memory_order_relaxed);
      // The first one starts the delay, and a whole batch ends it; those between wake nobody.
      wake = waiting_ && (before == 0 || (before < options_.max_batch && before + spans >= options_.max_batch));
    }
  }
  if (wake) {
    changed_.notify_all();
  }
  if (closed || full) {
    drop(closed ? dropped_at_end_ : dropped_full_, spans);
  }
}

bool SpanExporter::has_room() {
  const std::size_t queued = queued_.load(std::memory_order_relaxed);
  const bool room = queued == 0 || queued + kSpansOfAnEvent <= options_.max_queue;
  if (!room) {
    drop(dropped_full_, kSpansOfAnEvent);
  }
  return room;
}

void SpanExporter::close(Duration patience) {
  const Deadline end = steady_clock::now() + patience;
  {
    MutexLock lock(mutex_);
    if (closing_) {
      return;
    }
    closing_ = end;
    changed_.notify_all();
    changed_.wait_until(lock, end, [this]() EXPORTER_REQUIRES(mutex_) { return ended_; });
  }
  sender_->cancel();
  thread_.join();
}

void SpanExporter::run() {
  run_behind_delivery();
  std::vector<Span> batch;
  for (;;) {
    std::vector<Record> records = take();
    if (records.empty()) {
      break;
    }
    batch.clear();
    for (Record& record : records) {
      spans_.expand(std::move(record), batch);
    }
    records.clear();
    send(batch);
  }
  MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

std::vector<Record> SpanExporter::take() {
  MutexLock lock(mutex_);
  const auto ripe = [this]() EXPORTER_REQUIRES(mutex_) {
    return closing_ || queued_.load(std::memory_order_relaxed) >= options_.max_batch;
  };
  waiting_ = true;
  changed_.wait(lock, [this]() EXPORTER_REQUIRES(mutex_) { return closing_ || !queue_.empty(); });
  changed_.wait_for(lock, options_.delay, ripe);
  waiting_ = false;

  std::size_t spans = 0;
  auto end = queue_.begin();
  while (end != queue_.end() && (spans == 0 || spans + spans_of(*end) <= options_.max_batch)) {
    spans += spans_of(*end++);
  }
  std::vector<Record> taken(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  queued_.store(queued_.load(std::memory_order_relaxed) - spans, std::memory_order_relaxed);
  return taken;
}

Duration SpanExporter::patience() const {
  MutexLock lock(mutex_);
  return closing_ ? std::min<Duration>(options_.timeout, *closing_ - steady_clock::now()) : options_.timeout;
}

bool SpanExporter::wait_for_retry(Duration delay) {
  MutexLock lock(mutex_);
  return !changed_.wait_for(lock, delay, [this]() EXPORTER_REQUIRES(mutex_) { return closing_.has_value(); });
}

void SpanExporter::send(std::vector<Span>& batch) {
  const Deadline give_up = steady_clock::now() + options_.give_up;
  Duration delay = options_.first_retry;
  for (;;) {
    const Duration time = patience();
    if (time <= Duration::zero()) {
      return drop(dropped_at_end_, batch.size());
    }
    const Sent sent = sender_->send(batch, time);
    if (sent.ok) {
      const auto rejected = std::min<std::size_t>(sent.rejected, batch.size());
      metrics_.spans_exported.add(static_cast<double>(batch.size() - rejected));
      if (rejected > 0) {
        warn(sent, rejected);
        drop(dropped_failed_, rejected);
      }
      return;
    }
    warn(sent, batch.size());
    if (!sent.again || steady_clock::now() + delay >= give_up) {
      return drop(dropped_failed_, batch.size());
    }
    if (!wait_for_retry(delay)) {
      // Once more, in the time that is left.
      delay = options_.give_up;
      continue;
    }
    delay = std::min(2 * delay, options_.max_retry);
  }
}

void SpanExporter::warn(const Sent& sent, std::size_t spans) {
  log::warn("OpenTelemetry export error",
            {{"error", sent.error},
             {"spans", static_cast<std::uint64_t>(spans)},
             {"action", "look at the collector and OTEL_EXPORTER_OTLP_ENDPOINT; events are delivered all the same"}});
}

void SpanExporter::drop(metrics::Counter& reason, std::size_t spans) { reason.add(static_cast<double>(spans)); }

}  // namespace exporter::tracing
