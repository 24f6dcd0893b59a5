// What the settings of MongoDB mean together. Thread-safety: free function without state.
#pragma once

#include "config/draft.h"

namespace exporter::config {

// For provider mongodb only. Certificate files were judged where they were chosen (mongodb_tls.h).
void check_mongodb(Draft& draft);

}  // namespace exporter::config
