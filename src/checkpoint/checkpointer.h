// When to save which checkpoint. A state machine: it is told, it answers, it does nothing itself.
//
// Saves are coalesced: at most one is under way, the newest checkpoint wins, and at least `interval` lies between two
// saves, so durability costs a write a second and not a write an event. After a quiet time the first change is saved at
// once.
// A failed save is repeated with a growing delay; nothing is lost by it, only repeated after a restart.
// Thread-safety: owned by one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/backoff.h"
#include "base/time.h"
#include "ports/checkpoint_store.h"

namespace exporter::checkpoint {

struct Options {
  Duration interval = std::chrono::seconds(1);
};

class Checkpointer {
 public:
  // `saved`: what the store holds now.
  Checkpointer(Options options, ports::Checkpoint saved) : options_(options), saved_(std::move(saved)) {}

  // Whether a save may start now; the caller then calls begin(). `hurry` (shutdown) waives the interval, never a save
  // under way, and never the wait after a failed one: a store that fails at once would be asked without a pause.
  [[nodiscard]] bool may_save(MonoTime now, bool hurry) const {
    return !saving_ && ((hurry && failures_ == 0) || now >= not_before_);
  }

  // Starts a save of `current`; nothing when that is what the store holds already. After may_save() only.
  [[nodiscard]] std::optional<ports::Checkpoint> begin(const ports::Checkpoint& current, MonoTime now);

  // The answer to the save under way.
  void finished(bool ok, MonoTime now);

  [[nodiscard]] bool saving() const { return saving_.has_value(); }
  [[nodiscard]] const ports::Checkpoint& saved() const { return saved_; }
  // The earliest time of the next save.
  [[nodiscard]] MonoTime not_before() const { return not_before_; }

 private:
  Options options_;
  ports::Checkpoint saved_;
  std::optional<ports::Checkpoint> saving_;
  MonoTime not_before_ = MonoTime::min();
  std::uint32_t failures_ = 0;
};

}  // namespace exporter::checkpoint
