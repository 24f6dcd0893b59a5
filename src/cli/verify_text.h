// What `event-exporter verify-sink` prints as each step ends. Pure. Thread-safety: free functions without state.
#pragma once

#include <string>

#include "app/verify_sink.h"

namespace exporter::cli {

// One line, then one for each warning and remedy, indented. Control characters of what others have said are '?'.
[[nodiscard]] std::string verify_text(const app::VerifyStep& step);

// The same as one line of JSON: {"step":...,"outcome":...,"seconds":...,"seen":...,"warnings":[],"remedies":[],
// "facts":{}}.
[[nodiscard]] std::string verify_json(const app::VerifyStep& step);

}  // namespace exporter::cli
