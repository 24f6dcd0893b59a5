// What `event-exporter check-config` prints. Pure. Thread-safety: free functions without state.
#pragma once

#include <string>

#include "config/load.h"

namespace exporter::config {

// Problems one a line, the effective configuration as a table with origins, the settings that do not do what they did
// in the incumbent, and a verdict. Ends with a line feed.
[[nodiscard]] std::string render_report(const Loaded& loaded);

// The problems only, one a line; empty without any. What `run` prints before it gives up.
[[nodiscard]] std::string render_problems(const Loaded& loaded);

}  // namespace exporter::config
