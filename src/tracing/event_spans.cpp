#include "tracing/event_spans.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "event/prepared_event.h"

namespace exporter::tracing {
namespace {

using event::EventTrace;
using event::TracedAttempt;

constexpr int kFirstErrorStatus = 400;

Span span_of(std::string_view name, const TraceId& trace_id, const SpanId& id, const SpanId& parent, WallTime start,
             Duration took) {
  Span span;
  span.name = name;
  span.context = {trace_id, id};
  span.parent = parent;
  span.start = start;
  span.took = std::max(took, Duration::zero());  // the wall clock may have been set back
  return span;
}

void fail_span(Span& span, std::string_view type, const std::string& message) {
  span.failed = true;
  span.error = message;
  span.attributes.push_back({"event_exporter.error.type", type});
  span.attributes.push_back({"event_exporter.error.message", message});
}

}  // namespace

void EventSpans::expand(Record&& record, std::vector<Span>& out) {
  if (auto* const settled = std::get_if<SettledEvent>(&record)) {
    expand_event(*settled->trace, settled->at, out);
  } else if (auto* const failed = std::get_if<FailedAttempt>(&record)) {
    expand_attempt(failed->trace_id, failed->parent, failed->attempt, out);
  } else {
    out.push_back(std::move(std::get<Span>(record)));
  }
}

void EventSpans::expand_event(const EventTrace& trace, WallTime at, std::vector<Span>& out) {
  const bool delivered = trace.attempt.accepted();
  const Duration took = at - trace.begun;

  Span process = span_of("event_exporter.process_event", trace.trace_id, trace.process, {}, trace.begun, took);
  if (trace.linked != SpanId{}) {
    process.linked = {trace.trace_id, trace.linked};
  }
  process.attributes.push_back({"health_event.id", trace.document_id});
  process.attributes.push_back({"cloudevents.event_id", event::to_string(trace.event_id)});

  Span publish =
      span_of("event_exporter.publish_with_retry", trace.trace_id, trace.publish, trace.process, trace.begun, took);
  publish.attributes.push_back({"event_exporter.publish.attempts", std::int64_t{trace.attempt.number}});
  if (!delivered) {
    fail_span(process, "publish_failed", trace.attempt.error);
    fail_span(publish, "publish_failed", trace.attempt.error);
    publish.attributes.push_back({"event_exporter.publish.failed_reason", std::string_view("max_retries_exceeded")});
  }
  out.push_back(std::move(process));
  out.push_back(std::move(publish));
  out.push_back(
      span_of("event_exporter.transform", trace.trace_id, ids_.span_id(), trace.publish, trace.begun, trace.transform));
  if (trace.attempt.number > 0 && !trace.attempt_told) {
    expand_attempt(trace.trace_id, trace.publish, trace.attempt, out);
  }
}

void EventSpans::expand_attempt(const TraceId& trace_id, const SpanId& parent, const TracedAttempt& attempt,
                                std::vector<Span>& out) const {
  Span span = span_of("HTTP POST", trace_id, attempt.span_id, parent, attempt.sent, attempt.took);
  span.kind = Span::Kind::client;
  span.attributes.reserve(8);
  span.attributes.push_back({"http.request.method", std::string_view("POST")});
  span.attributes.push_back({"url.full", std::string_view(sink_.url)});
  span.attributes.push_back({"server.address", std::string_view(sink_.address)});
  span.attributes.push_back({"server.port", std::int64_t{sink_.port}});
  span.attributes.push_back({"network.protocol.version", std::string_view("1.1")});
  if (attempt.number > 1) {
    span.attributes.push_back({"http.request.resend_count", std::int64_t{attempt.number} - 1});
  }
  if (attempt.failure != event::TransportFailure::none) {
    span.attributes.push_back({"error.type", event::to_string(attempt.failure)});
  } else {
    span.attributes.push_back({"http.response.status_code", std::int64_t{attempt.status}});
    if (attempt.status >= kFirstErrorStatus) {
      span.attributes.push_back({"error.type", std::to_string(attempt.status)});
    }
  }
  span.failed = attempt.failure != event::TransportFailure::none || attempt.status >= kFirstErrorStatus;
  if (span.failed) {
    span.error = attempt.error;
  }
  out.push_back(std::move(span));
}

}  // namespace exporter::tracing
