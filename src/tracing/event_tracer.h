// Notes what happens to events, for those whose trace is recorded.
//
//   source thread   begin() when an event is decoded, transformed() when its body is made
//   loop thread     sent(), answered() for each request, settled() at the end
//
// An event that is not recorded has no EventTrace; all functions of the loop take null and do nothing then.
// Thread-safety: as above; one source thread at a time, one loop thread at a time. Everything given must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "event/answer.h"
#include "event/event_trace.h"
#include "event/health_event.h"
#include "tracing/ids.h"
#include "tracing/sampler.h"
#include "tracing/span.h"

namespace exporter::tracing {

class EventTracer {
 public:
  EventTracer(Recorder& recorder, const Clock& clock, Sampler sampler, std::uint64_t seed)
      : recorder_(recorder), clock_(clock), sampler_(sampler), source_ids_(seed), loop_ids_(~seed) {}

  // Null when the event is not to be recorded. The trace is that of `metadata.trace_id`; absent, empty or all zero: a
  // new one, without a link; no hex: likewise, with a warning that does not repeat it.
  [[nodiscard]] std::unique_ptr<event::EventTrace> begin(const event::HealthEvent& health_event,
                                                         std::string_view document_id,
                                                         const std::array<std::uint8_t, 16>& event_id);
  void transformed(event::EventTrace& trace) const;

  // The request's `traceparent`, valid until the next one; empty for null.
  [[nodiscard]] std::string_view sent(event::EventTrace* trace);
  void answered(event::EventTrace* trace, const event::Answer& answer);
  void settled(std::unique_ptr<event::EventTrace> trace);

 private:
  Recorder& recorder_;
  const Clock& clock_;
  const Sampler sampler_;
  IdSource source_ids_;  // source thread
  IdSource loop_ids_;    // loop thread
};

}  // namespace exporter::tracing
