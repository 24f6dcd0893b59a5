// Ids of traces and spans: reading those that events carry, making new ones, and the header that tells them to the sink.
//
// Source: W3C Trace Context, sections 3.2.2 (ids, traceparent) and 3.2.2.5 (flags). Like the incumbent's library, reading
// takes lower-case hex only. Thread-safety: pure functions; IdSource is owned by one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/event_trace.h"

namespace exporter::tracing {

using event::SpanContext;
using event::SpanId;
using event::TraceId;

// 32 or 16 lower-case hex digits; nothing for any other text. All zero is read like any other.
[[nodiscard]] std::optional<TraceId> trace_id_from(std::string_view text);
[[nodiscard]] std::optional<SpanId> span_id_from(std::string_view text);

[[nodiscard]] std::string to_string(const TraceId& id);
[[nodiscard]] std::string to_string(const SpanId& id);

// "00-<trace id>-<span id>-01": version 0, sampled.
void write_traceparent(const SpanContext& context, std::array<char, event::EventTrace::kTraceParentSize>& out);

// New ids. Random enough to be unique, not to be secret.
class IdSource {
 public:
  explicit IdSource(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] TraceId trace_id();
  [[nodiscard]] SpanId span_id();

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

// Different in each process and at each call.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace exporter::tracing
