// Record -> spans: the incumbent's names, parents and attributes, and the HTTP client's semantic conventions.
//
//   event_exporter.process_event          in the trace of the event's metadata, no parent, linked to the platform connector
//     event_exporter.publish_with_retry
//       event_exporter.transform
//       HTTP POST                         one for each request
//
// Source: OpenTelemetry semantic conventions 1.27, "HTTP client" and "Recording errors". Pure.
// Thread-safety: owned by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tracing/ids.h"
#include "tracing/span.h"

namespace exporter::tracing {

// The sink, as spans tell it.
struct SinkAttributes {
  std::string url;  // without credentials and query
  std::string address;
  std::uint16_t port = 0;
};

class EventSpans {
 public:
  EventSpans(SinkAttributes sink, std::uint64_t seed) : sink_(std::move(sink)), ids_(seed) {}

  // Appends the record's spans.
  void expand(Record&& record, std::vector<Span>& out);

 private:
  void expand_event(const event::EventTrace& trace, WallTime at, std::vector<Span>& out);
  void expand_attempt(const event::TraceId& trace_id, const event::SpanId& parent, const event::TracedAttempt& attempt,
                      std::vector<Span>& out) const;

  const SinkAttributes sink_;
  IdSource ids_;
};

}  // namespace exporter::tracing
