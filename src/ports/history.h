// Ranged reads of the stored documents, oldest first: what backfill and healing read.
//
// Order is (createdAt, id). A cursor is opaque, belongs to the history that made it, and says what was read so far AND
// where the range ends, so it can be saved and continued after a restart with nothing read twice and nothing missed.
// Thread-safety: used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "event/position.h"
#include "event/raw_batch.h"

namespace exporter::ports {

struct HistoryWindow {
  WallTime not_before{};         // documents created earlier are left out
  std::uint64_t max_events = 0;  // of more than this many, the newest are kept; > 0
  // Documents whose insert lies after this stream position are left out: the stream will bring them.
  event::Position until;
};

struct HistoryPlan {
  std::string cursor;        // before the first document of the range
  std::uint64_t events = 0;  // how many documents the range holds
  std::uint64_t cut = 0;     // how many older ones max_events left out
};

class History {
 public:
  virtual ~History() = default;

  // Errors: transient, corrupt.
  virtual Result<HistoryPlan> plan(const HistoryWindow& window) = 0;

  // Fills `batch` (cleared first) with up to `limit` (> 0) documents after `cursor`; an empty batch means that the end
  // was reached. Each change's mark is {Phase::history, cursor after it}. Errors: transient; invalid when `cursor` is
  // not one of this history's; corrupt.
  virtual Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) = 0;
};

}  // namespace exporter::ports
