// One GET, as this program's own commands need it: of a running exporter, of the lab's sink. Hides cpp-httplib.
// Thread-safety: any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace exporter::admin {

// The body of a 200 answer, at most `most` bytes. `base`: "http://host:port". Errors: transient (no answer within
// `timeout`, another status, a longer body); their texts name the address and hold nothing of the answer.
[[nodiscard]] Result<std::string> fetch(const std::string& base, const std::string& path, Duration timeout,
                                        std::size_t most);

}  // namespace exporter::admin
