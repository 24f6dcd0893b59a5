#include "tracing/event_tracer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/tracing/fixture.h"

namespace exporter::tracing {
namespace {

using std::chrono::milliseconds;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kConnector = "00f067aa0ba902b7";

class EventTracerTest : public ::testing::Test {
 protected:
  std::unique_ptr<event::EventTrace> begin(std::string_view trace_id, std::string_view span_id = kConnector,
                                           double ratio = 1) {
    tracer_.emplace(recorder_, clock_, Sampler(ratio), 1);
    event::HealthEvent health_event;
    health_event.metadata = {{"zone", "a"}, {"trace_id", trace_id}};
    health_event.platform_connector_span_id = span_id;
    return tracer_->begin(health_event, "doc-1", {});
  }

  void attempt(event::EventTrace* trace, int status, event::TransportFailure failure = event::TransportFailure::none) {
    header_ = tracer_->sent(trace);
    clock_.advance(milliseconds(20));
    event::Answer answer;
    answer.status = status;
    answer.failure = failure;
    answer.latency = milliseconds(20);
    tracer_->answered(trace, answer);
  }

  static const Span& named(const std::vector<Span>& spans, std::string_view name) {
    const auto found = std::find_if(spans.begin(), spans.end(), [&](const Span& span) { return span.name == name; });
    EXPECT_NE(found, spans.end()) << name;
    return found == spans.end() ? spans.front() : *found;
  }

  exporter::testing::ManualClock clock_;
  KeepingRecorder recorder_;
  std::optional<EventTracer> tracer_;
  std::string header_;
};

TEST_F(EventTracerTest, AnEventIsInTheTraceOfItsMetadataLinkedToThePlatformConnectorAndWithoutAParent) {
  auto trace = begin(kTrace);
  clock_.advance(milliseconds(3));
  tracer_->transformed(*trace);
  clock_.advance(milliseconds(7));
  attempt(trace.get(), 202);
  tracer_->settled(std::move(trace));
  const std::vector<Span> spans = recorder_.spans();
  ASSERT_EQ(spans.size(), 4U);
  const Span& process = named(spans, "event_exporter.process_event");
  const Span& publish = named(spans, "event_exporter.publish_with_retry");
  const Span& transform = named(spans, "event_exporter.transform");
  const Span& http = named(spans, "HTTP POST");
  for (const Span& span : spans) {
    EXPECT_EQ(to_string(span.context.trace_id), kTrace);
    EXPECT_FALSE(span.failed);
  }
  EXPECT_EQ(process.parent, SpanId{});
  EXPECT_EQ(process.linked, (SpanContext{*trace_id_from(kTrace), *span_id_from(kConnector)}));
  EXPECT_EQ(publish.parent, process.context.span_id);
  EXPECT_EQ(transform.parent, publish.context.span_id);
  EXPECT_EQ(http.parent, publish.context.span_id);
  EXPECT_EQ(process.took, milliseconds(30));
  EXPECT_EQ(transform.took, milliseconds(3));
  EXPECT_EQ(http.start - process.start, milliseconds(10));
  EXPECT_EQ(http.took, milliseconds(20));
  EXPECT_EQ(attribute(process, "health_event.id"), "doc-1");
  EXPECT_EQ(http.kind, Span::Kind::client);
  EXPECT_EQ(attribute(http, "http.request.method"), "POST");
  EXPECT_EQ(attribute(http, "url.full"), "http://sink:8080/events");
  EXPECT_EQ(attribute(http, "server.address"), "sink");
  EXPECT_EQ(attribute(http, "server.port"), "8080");
  EXPECT_EQ(attribute(http, "http.response.status_code"), "202");
  EXPECT_EQ(attribute(http, "error.type"), "(none)");
  EXPECT_EQ(header_, "00-" + std::string(kTrace) + "-" + to_string(http.context.span_id) + "-01");
}

TEST_F(EventTracerTest, WithoutAUsableTraceIdItHasATraceOfItsOwnAndNoLink) {
  for (const char* given : {"", "00000000000000000000000000000000", "not hex", "4BF92F3577B34DA6A3CE929D0E0E4736"}) {
    const auto trace = begin(given);
    ASSERT_TRUE(trace);
    EXPECT_NE(trace->trace_id, TraceId{}) << given;
    EXPECT_NE(to_string(trace->trace_id), kTrace) << given;
    EXPECT_EQ(trace->linked, SpanId{}) << given;
  }
}

TEST_F(EventTracerTest, WithoutAUsableSpanIdItHasNoLink) {
  for (const char* given : {"", "0000000000000000", "xyz"}) {
    const auto trace = begin(kTrace, given);
    EXPECT_EQ(to_string(trace->trace_id), kTrace);
    EXPECT_EQ(trace->linked, SpanId{}) << given;
  }
}

TEST_F(EventTracerTest, EachFailedAttemptIsToldAtOnceAndOnce) {
  auto trace = begin(kTrace);
  attempt(trace.get(), 503);
  const std::string first_header = header_;
  std::vector<Span> spans = recorder_.spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(attribute(spans[0], "error.type"), "503");
  EXPECT_EQ(attribute(spans[0], "http.request.resend_count"), "(none)");
  EXPECT_TRUE(spans[0].failed);
  attempt(trace.get(), 0, event::TransportFailure::timeout);
  EXPECT_NE(header_, first_header);
  spans = recorder_.spans();
  EXPECT_EQ(attribute(spans[0], "error.type"), "timeout");
  EXPECT_EQ(attribute(spans[0], "http.response.status_code"), "(none)");
  EXPECT_EQ(attribute(spans[0], "http.request.resend_count"), "1");
  attempt(trace.get(), 200);
  tracer_->settled(std::move(trace));
  spans = recorder_.spans();
  EXPECT_EQ(spans.size(), 4U);
  EXPECT_EQ(attribute(named(spans, "HTTP POST"), "http.request.resend_count"), "2");
  EXPECT_EQ(attribute(named(spans, "event_exporter.publish_with_retry"), "event_exporter.publish.attempts"), "3");
  EXPECT_FALSE(named(spans, "event_exporter.process_event").failed);
}

TEST_F(EventTracerTest, AnEventThatIsSetAsideFailed) {
  auto trace = begin(kTrace);
  attempt(trace.get(), 400);
  tracer_->settled(std::move(trace));
  const std::vector<Span> spans = recorder_.spans();
  ASSERT_EQ(spans.size(), 4U);  // the attempt is told once
  for (const char* name : {"event_exporter.process_event", "event_exporter.publish_with_retry"}) {
    EXPECT_TRUE(named(spans, name).failed);
    EXPECT_EQ(attribute(named(spans, name), "event_exporter.error.type"), "publish_failed");
    EXPECT_EQ(attribute(named(spans, name), "event_exporter.error.message"), "status 400");
  }
  EXPECT_EQ(attribute(named(spans, "event_exporter.publish_with_retry"), "event_exporter.publish.failed_reason"),
            "max_retries_exceeded");
}

TEST_F(EventTracerTest, WhatIsNotSampledCostsNothingAndSendsNoHeader) {
  EXPECT_EQ(begin(kTrace, kConnector, 0), nullptr);
  EXPECT_EQ(tracer_->sent(nullptr), "");
  tracer_->answered(nullptr, {});
  tracer_->settled(nullptr);
  recorder_.room = false;
  EXPECT_EQ(begin(kTrace), nullptr);
  EXPECT_TRUE(recorder_.records.empty());
}

TEST_F(EventTracerTest, AClockThatIsSetBackMakesNoSpanThatEndsBeforeItsStart) {
  auto trace = begin(kTrace);
  trace->begun += std::chrono::hours(1);
  attempt(trace.get(), 202);
  tracer_->settled(std::move(trace));
  for (const Span& span : recorder_.spans()) {
    EXPECT_GE(span.took, Duration::zero());
  }
}

}  // namespace
}  // namespace exporter::tracing
