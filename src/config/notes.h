// Settings of the incumbent's files that were given and do nothing here, or something else than there.
// Thread-safety: free function without state.
#pragma once

#include <vector>

#include "config/draft.h"
#include "config/load.h"

namespace exporter::config {

[[nodiscard]] std::vector<Note> make_notes(const Draft& draft, const Environment& environment);

}  // namespace exporter::config
