// A history's cursor as text: what was read so far, and where the range ends. Internal to this folder.
//
// "<fingerprint>.<from millis>.<id or *>.<to millis>.<seconds>.<increment>", all in hex but for the signed millis.
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/mongodb/bson.h"

namespace exporter::mongodb {

struct HistoryCursor {
  // Documents created before `from` were read, and of those created at `from` the ones up to `id`, or all of them.
  std::int64_t from = 0;  // milliseconds since 1970
  std::string id;         // the bytes of {_id: ...}; empty: all
  // Documents created after `to` are not in the range.
  std::int64_t to = 0;
  // Nor those inserted after this moment of the cluster's clock, as long as the server still can tell.
  ClusterTime until;
};

[[nodiscard]] std::string to_text(const HistoryCursor& cursor, std::uint32_t fingerprint);
// Nothing when it is no cursor of this collection.
[[nodiscard]] std::optional<HistoryCursor> parse_cursor(std::string_view text, std::uint32_t fingerprint);

}  // namespace exporter::mongodb
