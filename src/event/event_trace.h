// What is noted about one event for its trace, from its decoding to its settlement; its spans are made of it when it is over
// (tracing/event_spans.h). Only events that are sampled have one, so an event that is not costs a null pointer.
//
// Source of the ids: W3C Trace Context, section 3.2.2; they are bytes as they are sent, most significant first.
// Thread-safety: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "event/answer.h"

namespace exporter::event {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;  // all zero: none

// Where in a trace something belongs. All zero: nowhere.
struct SpanContext {
  TraceId trace_id{};
  SpanId span_id{};

  [[nodiscard]] bool valid() const { return trace_id != TraceId{} && span_id != SpanId{}; }
  friend bool operator==(const SpanContext&, const SpanContext&) = default;
};

// One request to the sink.
struct TracedAttempt {
  SpanId span_id{};
  WallTime sent{};
  Duration took{};
  std::uint32_t number = 0;  // 1 for the first
  int status = 0;            // 0: no answer, see `failure`
  TransportFailure failure = TransportFailure::none;
  std::string error;  // what came instead of an acceptance; bounded, no secrets

  [[nodiscard]] bool accepted() const { return failure == TransportFailure::none && status / 100 == 2; }
};

struct EventTrace {
  static constexpr std::size_t kTraceParentSize = 55;

  TraceId trace_id{};
  SpanId linked{};   // the platform connector's span; all zero: none
  SpanId process{};  // ids that must be known before the spans are made
  SpanId publish{};
  std::string document_id;
  std::array<std::uint8_t, 16> event_id{};           // of the CloudEvent
  WallTime begun{};                                  // when it was decoded
  Duration transform{};                              // how long the making of its body took
  TracedAttempt attempt;                             // the last one
  bool attempt_told = false;                         // its span was recorded already: it failed
  std::array<char, kTraceParentSize> traceparent{};  // of the last attempt

  [[nodiscard]] SpanContext context() const { return {trace_id, process}; }
};

}  // namespace exporter::event
