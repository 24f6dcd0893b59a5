// Where progress is kept, durably, beside the events.
//
// Thread-safety: used by one thread at a time. Calls block for at most the datastore's own command deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

struct Checkpoint {
  // Everything up to here is settled. While a backfill runs: the position taken before it.
  event::Position position;
  // The datastore's own time below which everything is settled; empty when not yet known.
  std::optional<WallTime> watermark;
  Backfill backfill;
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
