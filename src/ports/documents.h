// Stored documents by their ids: what a dead letter points at.
//
// Thread-safety: used by one thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "event/raw_batch.h"

namespace exporter::ports {

class Documents {
 public:
  virtual ~Documents() = default;

  // Fills `batch` (cleared first; marks empty) with the documents of `ids` (as sources name them, each once), in that
  // order, and `gone` (cleared first) with the places in `ids` of those that are not stored any more. Ends early when the
  // batch holds about `max_bytes`, but not before its first id. How many of the ids were looked up.
  // Errors: transient, corrupt.
  virtual Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                                   std::vector<std::size_t>& gone) = 0;
};

}  // namespace exporter::ports
