#include "tracing/traced_history.h"

#include <algorithm>
#include <utility>

namespace exporter::tracing {
namespace {

// RFC 3339 in whole seconds, as the incumbent's.
std::string time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  const auto padded = [](std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
  };
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" + padded(unsigned{date.day()}, 2) +
         "T" + padded(clock.hours().count(), 2) + ":" + padded(clock.minutes().count(), 2) + ":" +
         padded(clock.seconds().count(), 2) + "Z";
}

void fail_span(Span& span, const char* type, const std::string& message) {
  span.failed = true;
  span.error = message;
  span.attributes.push_back({"event_exporter.error.type", std::string(type)});
  span.attributes.push_back({"event_exporter.error.message", message});
}

}  // namespace

Span database_span(const DatabaseAttributes& database, const std::string& operation, const SpanContext& context,
                   const SpanId& parent, WallTime start, Duration took, const Error* failed) {
  Span span;
  span.name = database.collection + "." + operation;
  span.kind = Span::Kind::client;
  span.context = context;
  span.parent = parent;
  span.start = start;
  span.took = took;
  span.attributes = {{"db.system.name", database.system},
                     {"db.operation.name", operation},
                     {"db.collection.name", database.collection},
                     {"db.duration_ms", std::chrono::duration<double, std::milli>(took).count()}};
  if (!database.peer.empty()) {
    span.attributes.push_back({"network.peer.address", database.peer});
  }
  if (failed != nullptr) {
    span.failed = true;
    span.error = failed->message;
    span.attributes.push_back({"error.type", std::string(to_string(failed->kind))});
  }
  return span;
}

TracedHistory::~TracedHistory() { end("partial_success"); }

Span TracedHistory::span(const char* name, const SpanId& id, const SpanId& parent, WallTime start,
                         Duration took) const {
  Span made;
  made.name = name;
  made.context = {backfill_->trace_id, id};
  made.parent = parent;
  made.start = start;
  made.took = std::max(took, Duration::zero());
  return made;
}

void TracedHistory::begin() {
  end("partial_success");
  begun_ = true;
  const TraceId id = ids_.trace_id();
  if (sampler_.takes(id)) {
    backfill_ = {.trace_id = id, .root = ids_.span_id(), .process = ids_.span_id(), .started = clock_.wall_now()};
  }
}

Result<ports::HistoryPlan> TracedHistory::plan(const ports::HistoryWindow& window) {
  begin();
  const WallTime started = clock_.wall_now();
  const MonoTime before = clock_.now();
  auto planned = history_.plan(window);
  tell_plan(window, started, clock_.now() - before, planned ? nullptr : &planned.error());
  if (!planned) {
    end("failed");
  }
  return planned;
}

void TracedHistory::tell_plan(const ports::HistoryWindow& window, WallTime started, Duration took,
                              const Error* failed) {
  if (!backfill_) {
    return;
  }
  const SpanId query_id = ids_.span_id();
  Span query = span("event_exporter.backfill.query", query_id, backfill_->root, started, took);
  if (window.not_before > WallTime{}) {
    query.attributes.push_back({"event_exporter.backfill.query.start", time_text(window.not_before)});
  }
  query.attributes.push_back({"event_exporter.backfill.query.end", time_text(started)});
  query.attributes.push_back(
      {"event_exporter.backfill.query.max_events", static_cast<std::int64_t>(window.max_events)});
  if (failed != nullptr) {
    fail_span(query, "find_events_error", failed->message);
  }
  recorder_.put(database_span(database_, database_.count, {backfill_->trace_id, ids_.span_id()}, query_id, started,
                              took, failed));
  recorder_.put(std::move(query));
}

Result<void> TracedHistory::page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) {
  if (!begun_) {
    begin();  // one that goes on after a restart
  }
  const WallTime started = clock_.wall_now();
  const MonoTime before = clock_.now();
  auto read = history_.page(cursor, limit, batch);
  if (!backfill_) {
    begun_ = !read || !batch.empty();
    return read;
  }
  if (backfill_->processing == WallTime{}) {
    backfill_->processing = started;
  }
  recorder_.put(database_span(database_, database_.read, {backfill_->trace_id, ids_.span_id()}, backfill_->process,
                              started, clock_.now() - before, read ? nullptr : &read.error()));
  if (read) {
    backfill_->events += batch.size();
    if (batch.empty()) {
      end(nullptr);
    }
  }
  return read;
}

// `status`: null when all went well.
void TracedHistory::end(const char* status) {
  begun_ = false;
  if (!backfill_) {
    return;
  }
  const WallTime now = clock_.wall_now();
  if (backfill_->processing != WallTime{}) {
    Span process = span("event_exporter.backfill.process", backfill_->process, backfill_->root, backfill_->processing,
                        now - backfill_->processing);
    process.attributes.push_back(
        {"event_exporter.backfill.events_processed", static_cast<std::int64_t>(backfill_->events)});
    if (status != nullptr) {
      fail_span(process, "context_done_error", "it ended before the history was read to its end");
    }
    recorder_.put(std::move(process));
  }
  Span root = span("event_exporter.backfill", backfill_->root, {}, backfill_->started, now - backfill_->started);
  root.attributes.push_back({"event_exporter.backfill.events_processed", static_cast<std::int64_t>(backfill_->events)});
  if (status != nullptr) {
    root.attributes.push_back({"event_exporter.backfill.status", std::string(status)});
    fail_span(root, backfill_->processing == WallTime{} ? "backfill_query_error" : "backfill_process_error",
              "the backfill did not come to its end");
  }
  recorder_.put(std::move(root));
  backfill_.reset();
}

}  // namespace exporter::tracing
