// What the values mean together: what is required, what is out of range, what is dangerous.
//
// Also brings values to the form that the modules expect (no negative durations, no user-info in a URL).
// Thread-safety: free function without state.
#pragma once

#include "config/draft.h"

namespace exporter::config {

void check_values(Draft& draft);

}  // namespace exporter::config
