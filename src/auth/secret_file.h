// The file with the client secret.
//
// It is read again before each fetch, so a rotated secret counts from the next fetch on, whatever way it was put
// there (Kubernetes swaps a symbolic link; mtime and inode of the link say nothing). The file is tiny and fetches are
// rare: comparing its content is simpler and surer than watching it. Thread-safety: free function without state.
#pragma once

#include <string>

#include "base/error.h"

namespace exporter::auth {

// The content without the white space around it. ErrorKind::invalid, naming path and remedy, when the file is missing,
// unreadable, empty, or longer than 64 KiB. Never quotes the content.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

}  // namespace exporter::auth
