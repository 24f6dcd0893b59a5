// Up to which moment everything that was committed in the datastore has come past a point of the program.
//
// What is known about that comes in two ways, always in the order of the stream:
//
//   a change was read   all changes before it were read, and it carries the datastore's own time of its commit
//   nothing was there   the source asked the datastore and found no further change (RawBatch::caught_up_at)
//
// so the lag, now minus that moment, is never less than the age of the oldest change that has not come past, grows while
// the datastore does not answer, and is not known before the first answer. Three measures that look like it and lie: the
// age of the last position (grows on a quiet stream), the datastore's head minus the position (grows when what changes is
// not for us), and the time since the last read (is small after a lost position, when most was skipped).
//
// The moments are on the monotonic clock: a commit's time is compared with the wall clock once, when it is told, and never
// lies after that; so a datastore whose clock is ahead hides nothing later. One whose clock is behind, or a wall clock of
// ours that is ahead, makes the lag larger by as much.
// Thread-safety: owned by one thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "event/prepared_event.h"
#include "pipeline/heart.h"

namespace exporter::pipeline {

class Passed {
 public:
  // This batch has come past, and all before it. `now`, `wall`: the two clocks at one moment.
  void batch(const event::PreparedBatch& batch, MonoTime now, WallTime wall);

  // Nothing: not known (yet).
  [[nodiscard]] std::optional<MonoTime> up_to() const { return up_to_; }

 private:
  std::optional<MonoTime> up_to_;
  // The history's times are the clocks of many writers, and the stream stands still meanwhile: beyond this they prove
  // nothing.
  std::optional<MonoTime> history_began_;
};

// The same for delivery: the oldest event that is not settled was committed then; with none, what has come past.
// `known`: the datastore's time below which everything was settled at the start, for events that are read again by their
// ids and carry none. Nothing: not known.
[[nodiscard]] std::optional<MonoTime> delivered_up_to(const HeartStatus& status, const Passed& passed,
                                                      const std::optional<WallTime>& known, MonoTime now,
                                                      WallTime wall);

}  // namespace exporter::pipeline
