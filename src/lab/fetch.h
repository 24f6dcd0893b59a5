// One GET, as the audit needs it. Hides cpp-httplib. Thread-safety: any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"

namespace exporter::lab {

// The body of a 200 answer. `base`: "http://host:port". Errors: transient (no answer within `timeout`, or another
// status).
[[nodiscard]] Result<std::string> fetch(const std::string& base, const std::string& path, Duration timeout);

}  // namespace exporter::lab
