// Where progress is kept, durably, beside the events.
//
// Thread-safety: used by one thread at a time. Calls block for at most the datastore's own command deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "event/position.h"
#include "ports/lease.h"

namespace exporter::ports {

struct Backfill {
  enum class State : std::uint8_t {
    none,     // never ran here (disabled, or the incumbent's own checkpoint)
    running,  // `cursor` says how far
    done,
  };
  State state = State::none;
  std::string cursor;       // running only
  std::uint64_t sent = 0;   // settled documents of the history
  std::uint64_t total = 0;  // as planned
  friend bool operator==(const Backfill&, const Backfill&) = default;
};

// A place beyond the position from which a restart may go on instead, when the few events before it that were not settled
// are read again by their ids first: everything else up to it is. If one of them is not stored any more, a restart goes
// on from the position itself: its change may still be in the stream.
struct Ahead {
  event::Position position;
  std::vector<std::string> pending;  // document ids, each once, in the order of the stream; at least one
  std::uint64_t settled = 0;         // events between the two places that are: repeats that are avoided; for the metric
  friend bool operator==(const Ahead&, const Ahead&) = default;
};

struct Checkpoint {
  // Everything up to here is settled. While a backfill runs: the position taken before it.
  event::Position position;
  // The datastore's own time below which everything is settled; empty when not yet known.
  std::optional<WallTime> watermark;
  Backfill backfill;
  std::optional<Ahead> ahead = {};  // never while a backfill runs
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // The saved checkpoint, or nothing when none was ever saved. Errors: transient; corrupt when something is stored that
  // cannot be understood (never treated as "nothing": that would skip or repeat the whole history).
  virtual Result<std::optional<Checkpoint>> load() = 0;

  // Durable when it returns. With a fence: only if the lease is still of that tenure, so that a deposed holder, however
  // late its save arrives, never moves the progress; without one (no lease is used): whoever saves last wins.
  // Errors: transient; not_leader when the lease is of another tenure; corrupt.
  virtual Result<void> save(const Checkpoint& checkpoint, const std::optional<Fence>& fence) = 0;
};

}  // namespace exporter::ports
