// The spans of a backfill, around a datastore's history:
//
//   event_exporter.backfill             a trace of its own
//     event_exporter.backfill.query     planning: what is there
//       <collection>.<operation>        the datastore's work
//     event_exporter.backfill.process   from the first page to the last
//       <collection>.<operation>        each page
//
// The events that are read have their own traces, like all others: in the incumbent they all are in this one, which then
// has as many spans as there are events. A history that is read again after a lost position makes the same spans.
// Source: OpenTelemetry semantic conventions 1.27, "Database client". Thread-safety: as ports::History.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "ports/history.h"
#include "tracing/ids.h"
#include "tracing/sampler.h"
#include "tracing/span.h"

namespace exporter::tracing {

// A datastore, as its spans tell it.
struct DatabaseAttributes {
  std::string system;      // db.system.name
  std::string collection;  // or table
  std::string count;       // the operation that counts
  std::string read;        // the one that reads
  std::string peer;        // host, as configured; empty for a file
};

// A finished operation as a span under `parent`. `failed`: null when it succeeded.
[[nodiscard]] Span database_span(const DatabaseAttributes& database, const std::string& operation,
                                 const SpanContext& context, const SpanId& parent, WallTime start, Duration took,
                                 const Error* failed);

class TracedHistory final : public ports::History {
 public:
  // Everything given must outlive it.
  TracedHistory(ports::History& history, DatabaseAttributes database, Recorder& recorder, const Clock& clock,
                Sampler sampler, std::uint64_t seed)
      : history_(history),
        database_(std::move(database)),
        recorder_(recorder),
        clock_(clock),
        sampler_(sampler),
        ids_(seed) {}
  // Tells a backfill that did not come to its end.
  ~TracedHistory() override;

  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;

 private:
  struct Backfill {
    TraceId trace_id{};
    SpanId root{};
    SpanId process{};
    WallTime started{};
    WallTime processing{};  // since the first page
    std::uint64_t events = 0;
  };

  void begin();
  void tell_plan(const ports::HistoryWindow& window, WallTime started, Duration took, const Error* failed);
  void end(const char* status);
  [[nodiscard]] Span span(const char* name, const SpanId& id, const SpanId& parent, WallTime start,
                          Duration took) const;

  ports::History& history_;
  const DatabaseAttributes database_;
  Recorder& recorder_;
  const Clock& clock_;
  const Sampler sampler_;
  IdSource ids_;
  std::optional<Backfill> backfill_;  // of a trace that is recorded
  bool begun_ = false;                // recorded or not
};

}  // namespace exporter::tracing
