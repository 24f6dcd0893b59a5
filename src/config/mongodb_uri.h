// The part of a MongoDB connection string that can be checked before anything connects: scheme, user, hosts
// (https://www.mongodb.com/docs/manual/reference/connection-string/). The driver judges the rest, above all options.
// Pure. Thread-safety: free functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace exporter::config {

// Error: invalid, its message is the end of a sentence that starts with the URI or its key ("has no host"), without any
// part of the URI.
[[nodiscard]] Result<void> check_mongodb_uri(std::string_view uri);

// Whether a user is named before the hosts.
[[nodiscard]] bool has_user(std::string_view uri);

// mongodb://host:port/?name=value. `host` may have a port of its own or be a list of hosts; `port` does not count then.
// Names and values are percent-encoded, the host is taken as it is.
[[nodiscard]] std::string make_mongodb_uri(std::string_view host, std::uint16_t port,
                                           const std::vector<std::pair<std::string, std::string>>& options);

}  // namespace exporter::config
