// Whether exporter.filter.expression can be used.
//
// Internal to this folder. Thread-safety: a free function without state.
#pragma once

#include "config/draft.h"

namespace exporter::config {

// Adds what the compiler of filters says, with the place in the expression.
void check_filter(Draft& draft);

}  // namespace exporter::config
