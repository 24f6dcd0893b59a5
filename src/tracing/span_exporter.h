// The queue of records and the thread that turns them into spans and sends them: OpenTelemetry's batch processor.
//
// Delivery never waits for it: what finds the queue full is dropped and counted, and so is a batch that the collector did
// not take within a minute. The thread runs at a lower priority than those that deliver.
// Source of the batching rules: OpenTelemetry specification, "Batching processor"; of what is tried again: OTLP
// specification, "OTLP/gRPC Response". Thread-safety: all functions, any thread; close() once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "observability/metrics.h"
#include "tracing/event_spans.h"
#include "tracing/sender.h"
#include "tracing/span.h"

namespace exporter::tracing {

struct ExportOptions {
  std::size_t max_queue = 2048;  // spans; one record more than that is let in when nothing is queued
  std::size_t max_batch = 512;   // spans
  Duration delay = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);     // of one send
  Duration first_retry = std::chrono::seconds(1);  // doubled each time, up to max_retry
  Duration max_retry = std::chrono::seconds(30);
  Duration give_up = std::chrono::minutes(1);  // of one batch, since its first send
};

class SpanExporter final : public Recorder {
 public:
  // `metrics` must outlive it.
  SpanExporter(ExportOptions options, EventSpans spans, std::unique_ptr<Sender> sender, metrics::Metrics& metrics);
  // close() without patience, if it was not called.
  ~SpanExporter() override;

  void put(Record record) override;
  bool has_room() override;

  // Sends what is queued, for at most `patience`; drops the rest. Records that come later are dropped.
  void close(Duration patience);

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  void run();
  // The next records, at most a batch; empty: closed and nothing left.
  std::vector<Record> take();
  void send(std::vector<Span>& batch);
  // Waits before the batch is sent again. False: closing.
  bool wait_for_retry(Duration delay);
  [[nodiscard]] Duration patience() const;
  static void warn(const Sent& sent, std::size_t spans);
  static void drop(metrics::Counter& reason, std::size_t spans);

  const ExportOptions options_;
  EventSpans spans_;  // exporting thread
  const std::unique_ptr<Sender> sender_;
  metrics::Metrics& metrics_;
  metrics::Counter& dropped_full_;
  metrics::Counter& dropped_failed_;
  metrics::Counter& dropped_at_end_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Record> queue_ EXPORTER_GUARDED_BY(mutex_);
  std::optional<Deadline> closing_ EXPORTER_GUARDED_BY(mutex_);  // when to be done
  bool ended_ EXPORTER_GUARDED_BY(mutex_) = false;
  bool waiting_ EXPORTER_GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> queued_ = 0;  // spans; written under the mutex
  std::thread thread_;                   // last: it uses the others
};

}  // namespace exporter::tracing
