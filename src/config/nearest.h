// The known name that somebody probably meant. Pure. Thread-safety: free functions without state.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace exporter::config {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string alignment).
// Costs |left| * |right| steps; callers keep both short.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

// The known key, or table, closest to the unknown full name; empty when none is close. "exporter.sink.timeot" gives
// "exporter.sink.timeout", "exporter.sink.max_retries" (right name, wrong table)
// "exporter.failure_handling.max_retries".
[[nodiscard]] std::string nearest_key(std::string_view unknown);
[[nodiscard]] std::string nearest_table(std::string_view unknown);

// The same among other names: one of `known`, or empty.
[[nodiscard]] std::string nearest_of(std::string_view unknown, std::span<const std::string_view> known);

}  // namespace exporter::config
