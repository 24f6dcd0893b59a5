// How far back the datastore keeps its stream of changes.
//
// Only for datastores that drop old changes by themselves (MongoDB's oplog); the others have no such port.
// Thread-safety: used by one thread at a time. Blocks for a few seconds at most.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/time.h"
#include "event/position.h"

namespace exporter::ports {

class Retention {
 public:
  virtual ~Retention() = default;

  // By how much `position` is newer than the oldest change that is kept; zero when it is not newer. While the datastore
  // keeps as much as now, a position that stands still is lost after this time. Duration::max(): it has dropped nothing
  // so far. Nothing: it does not tell.
  // Errors: transient; unauthorized: the user has no right to know, until somebody grants it.
  virtual Result<std::optional<Duration>> headroom(const event::Position& position) = 0;
};

}  // namespace exporter::ports
