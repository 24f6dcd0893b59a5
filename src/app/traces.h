// Traces as a part of the program: the environment decides, the library that sends them is loaded, and the parts that
// note something are put together. What goes wrong here is told and never stops the delivery.
//
// Thread-safety: close() once, from any thread; all else as its parts say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "observability/metrics.h"
#include "ports/dead_letters.h"
#include "ports/history.h"
#include "tracing/event_tracer.h"
#include "tracing/settings.h"
#include "tracing/span_exporter.h"
#include "tracing/traced_history.h"

namespace exporter::app {

// What this process's environment says about traces.
[[nodiscard]] tracing::ReadSettings trace_settings();

class Traces {
 public:
  // Null: they are off, or cannot be sent. Tells either, and every variable that cannot be used, in the log. `clock` and
  // `metrics` must outlive the result.
  [[nodiscard]] static std::unique_ptr<Traces> start(const config::Config& config, const Clock& clock,
                                                     metrics::Metrics& metrics);

  [[nodiscard]] tracing::EventTracer& events() { return events_; }
  // Around the datastore's own, which must outlive it.
  [[nodiscard]] std::unique_ptr<ports::History> around(ports::History& history);
  [[nodiscard]] std::unique_ptr<ports::DeadLetters> around(ports::DeadLetters& letters);

  // Sends what is noted, for at most `patience`.
  void close(Duration patience) { exporter_.close(patience); }

 private:
  Traces(const config::Config& config, const tracing::Settings& settings, std::unique_ptr<tracing::Sender> sender,
         const Clock& clock, metrics::Metrics& metrics);

  const config::Config& config_;
  const Clock& clock_;
  const tracing::Sampler sampler_;
  tracing::SpanExporter exporter_;
  tracing::EventTracer events_;
};

}  // namespace exporter::app
