// RFC 3339 text -> a moment. Stricter than ISO 8601, more lenient than RFC 3339 in one point: a blank may stand for the T.
// Thread-safety: a pure function.
#pragma once

#include <optional>
#include <string_view>

#include "event/health_event.h"

namespace exporter::decode {

// RFC 3339 section 5.6; the offset is required, fraction digits behind the ninth are dropped, a leap second counts as the
// first second of the next minute. Nothing for any other text.
[[nodiscard]] std::optional<event::Timestamp> timestamp_from_text(std::string_view text);

}  // namespace exporter::decode
