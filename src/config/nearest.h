// The known key or table that somebody probably meant. Pure. Thread-safety: free functions without state.
#pragma once

#include <string>
#include <string_view>

namespace exporter::config {

// The known key, or table, closest to the unknown full name; empty when none is close. "exporter.sink.timeot" gives
// "exporter.sink.timeout", "exporter.sink.max_retries" (right name, wrong table)
// "exporter.failure_handling.max_retries".
[[nodiscard]] std::string nearest_key(std::string_view unknown);
[[nodiscard]] std::string nearest_table(std::string_view unknown);

}  // namespace exporter::config
