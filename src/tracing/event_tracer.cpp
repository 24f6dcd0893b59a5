#include "tracing/event_tracer.h"

#include <algorithm>
#include <utility>

#include "observability/log.h"

namespace exporter::tracing {
namespace {

constexpr std::string_view kTraceIdKey = "trace_id";

std::string_view trace_id_of(const event::HealthEvent& health_event) {
  const auto found = std::find_if(health_event.metadata.begin(), health_event.metadata.end(),
                                  [](const auto& pair) { return pair.first == kTraceIdKey; });
  return found == health_event.metadata.end() ? std::string_view() : found->second;
}

}  // namespace

std::unique_ptr<event::EventTrace> EventTracer::begin(const event::HealthEvent& health_event,
                                                      std::string_view document_id,
                                                      const std::array<std::uint8_t, 16>& event_id) {
  if (sampler_.takes_none()) {
    return nullptr;
  }
  const std::string_view text = trace_id_of(health_event);
  const auto given = trace_id_from(text);
  if (!given && !text.empty()) {
    log::warn(
        "An event's metadata.trace_id is not 32 hex digits; it gets a trace of its own",
        {{"documentId", document_id}, {"action", "none here; whoever reports the event has to write another id"}});
  }
  const bool known = given && *given != TraceId{};
  const TraceId trace_id = known ? *given : source_ids_.trace_id();
  if (!sampler_.takes(trace_id) || !recorder_.has_room()) {
    return nullptr;
  }
  auto trace = std::make_unique<event::EventTrace>();
  trace->trace_id = trace_id;
  if (known) {
    trace->linked = span_id_from(health_event.platform_connector_span_id).value_or(SpanId{});
  }
  trace->process = source_ids_.span_id();
  trace->publish = source_ids_.span_id();
  trace->document_id = document_id;
  trace->event_id = event_id;
  trace->begun = clock_.wall_now();
  return trace;
}

void EventTracer::transformed(event::EventTrace& trace) const { trace.transform = clock_.wall_now() - trace.begun; }

std::string_view EventTracer::sent(event::EventTrace* trace) {
  if (trace == nullptr) {
    return {};
  }
  event::TracedAttempt& attempt = trace->attempt;
  attempt.span_id = loop_ids_.span_id();
  attempt.sent = clock_.wall_now();
  ++attempt.number;
  trace->attempt_told = false;
  write_traceparent({trace->trace_id, attempt.span_id}, trace->traceparent);
  return {trace->traceparent.data(), trace->traceparent.size()};
}

void EventTracer::answered(event::EventTrace* trace, const event::Answer& answer) {
  if (trace == nullptr) {
    return;
  }
  event::TracedAttempt& attempt = trace->attempt;
  attempt.took = answer.latency;
  attempt.status = answer.status;
  attempt.failure = answer.failure;
  attempt.error = answer.excerpt;
  if (!attempt.accepted()) {
    if (attempt.error.empty()) {
      attempt.error = "status " + std::to_string(attempt.status);
    }
    trace->attempt_told = true;
    recorder_.put(FailedAttempt{trace->trace_id, trace->publish, attempt});
  }
}

void EventTracer::settled(std::unique_ptr<event::EventTrace> trace) {
  if (trace != nullptr) {
    recorder_.put(SettledEvent{std::move(trace), clock_.wall_now()});
  }
}

}  // namespace exporter::tracing
