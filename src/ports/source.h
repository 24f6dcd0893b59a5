// The stream of inserted documents, in the datastore's order.
//
// Delivery is at least once: the program saves positions only when everything before them is settled, and opens the
// source at the saved position after a restart. Thread-safety: used by one thread at a time; a stop requested from
// any thread ends a wait at once.
#pragma once

#include <cstddef>
#include <stop_token>

#include "base/error.h"
#include "base/time.h"
#include "event/position.h"
#include "event/raw_batch.h"

namespace exporter::ports {

class Source {
 public:
  virtual ~Source() = default;

  // The position just after the newest committed change. Errors: transient, invalid, corrupt.
  virtual Result<event::Position> head() = 0;

  // Reading goes on just after `position`. Also called to start over after an error. Errors: transient;
  // position_lost when changes after `position` may have been removed; invalid when it is no position of this source.
  virtual Result<void> open(const event::Position& position) = 0;

  // Fills `batch` (cleared first) with the next changes, about `max_bytes` of them but at least one if there is one.
  // With none, waits until some come, `deadline`, or a stop, and returns an empty batch. Sets `batch.end`, and
  // `batch.caught_up_at` only if the datastore itself has shown that there is none: not because of the deadline alone.
  // Errors: transient (open again), position_lost, corrupt.
  virtual Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) = 0;
};

}  // namespace exporter::ports
