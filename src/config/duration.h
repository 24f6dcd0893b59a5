// Go's duration syntax, which the incumbent's files are written in: "30s", "1h30m", "1.5s", "-2ms", "0".
//
// Grammar after Go's time.ParseDuration (https://pkg.go.dev/time#ParseDuration): an optional sign, then one or more of
// number and unit, the units being ns us µs (U+00B5) μs (U+03BC) ms s m h; a lone "0" needs no unit. Where Go goes
// through a double for the fraction, we are exact and cut towards zero, so a result may differ by one nanosecond.
// Pure. Thread-safety: free functions without state.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace exporter::config {

// Error: invalid, its message is the end of a sentence that starts with the text ("is not a duration").
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// The shortest text that parse_duration() reads as `duration`: "720h", "1h30m", "1.5s", "250us", "0s".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace exporter::config
