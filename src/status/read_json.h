// Reads what GET /status of another exporter answered, which may be older or newer than this program: keys that are not
// known are passed over, what is missing or of another type stays at its default. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "status/status.h"

namespace exporter::status {

// More than any exporter answers, and little enough to hold.
inline constexpr std::size_t kMaxStatusBytes = std::size_t{4} << 20;

// Errors: corrupt (no JSON, or not that of an exporter's /status). Texts are as they came, and may hold anything.
[[nodiscard]] Result<Status> from_json(std::string_view json);

}  // namespace exporter::status
