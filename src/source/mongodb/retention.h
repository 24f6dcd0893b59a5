// How far a moment of the cluster is from the beginning of its oplog. Internal to this folder.
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "source/mongodb/bson.h"

namespace exporter::mongodb {

// As ports::Retention::headroom() says, of a position at `reached`, when the oplog begins with `first_entry`.
[[nodiscard]] std::optional<Duration> headroom_after(std::string_view first_entry, ClusterTime reached);

}  // namespace exporter::mongodb
