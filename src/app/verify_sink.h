// `event-exporter verify-sink`: the way to the token endpoint and to the sink, tried step by step with the user's own
// configuration and the exporter's own parts, up to one marked event (verify_event.h). Nothing is read from the
// datastore.
#pragma once

#include <functional>
#include <stop_token>
#include <string_view>

#include "app/verify_findings.h"
#include "base/clock.h"
#include "config/load.h"

namespace exporter::app {

struct VerifyOptions {
  bool send_event = true;
  bool repeat_event = false;  // send it a second time; nothing without send_event
};

struct VerifyStep {
  std::string_view name;
  Duration took{};
  Finding finding;
};

// The exit code: 0 every step is ok or was not asked for; 1 one failed; 2 the exporter would not start.
// `on_step` is called on this thread as each step ends, in order. Every wait ends with exporter.sink.timeout, or with a
// stop, which counts as a failure of the step under way.
[[nodiscard]] int verify_sink(const config::Loaded& loaded, const VerifyOptions& options, const Clock& clock,
                              const std::stop_token& stop, const std::function<void(const VerifyStep&)>& on_step);

}  // namespace exporter::app
