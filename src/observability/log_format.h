// A log line's two forms, without the newline. Pure, but for the time zone of the text. Thread-safety: free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "observability/log.h"

namespace exporter::log {

// What every line has besides the call's own. `left_out` is written as `linesLeftOut` unless it is 0, before the ids of
// the trace, which slog's handler appends last.
struct Frame {
  WallTime now{};
  std::string_view version = "dev";
  std::uint64_t left_out = 0;
};

// {"time":"2026-11-21T07:26:02.467853476Z","level":"WARN","msg":"m","module":"event-exporter","version":"dev","key":1}
[[nodiscard]] std::string format_json(Level level, std::string_view message, Fields fields, const Frame& frame);

// 07:26:02.467 WARN  m  key=1 error="no route" retryIn=1.5s
// The time of day is the machine's local one, lest people have to count; module and version are left out. No value can
// end the line, nor act on the terminal.
[[nodiscard]] std::string format_text(Level level, std::string_view message, Fields fields, const Frame& frame,
                                      bool colour);

}  // namespace exporter::log
