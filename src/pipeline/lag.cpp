#include "pipeline/lag.h"

#include <algorithm>

namespace exporter::pipeline {

namespace {

// When it was committed; never after it was read.
MonoTime moment_of(WallTime changed_at, MonoTime read_at, MonoTime now, WallTime wall) {
  return std::min(read_at, now - (wall - changed_at));
}

}  // namespace

void Passed::batch(const event::PreparedBatch& batch, MonoTime now, WallTime wall) {
  const auto note = [this](MonoTime moment) { up_to_ = up_to_ ? std::max(*up_to_, moment) : moment; };
  if (batch.caught_up_at) {
    note(*batch.caught_up_at);
  }
  const event::PreparedEvent* const last = batch.events.empty() ? nullptr : &batch.events.back();
  const WallTime changed_at =
      last == nullptr ? batch.end.changed_at : std::max(batch.end.changed_at, committed_at(*last));
  if (changed_at == WallTime{}) {
    return;
  }
  const MonoTime moment = moment_of(changed_at, batch.read_at, now, wall);
  if (last != nullptr && last->after.phase == event::Mark::Phase::history) {
    history_began_ = history_began_.value_or(batch.read_at);
    note(std::min(moment, *history_began_));
  } else {
    history_began_.reset();
    note(moment);
  }
}

std::optional<MonoTime> delivered_up_to(const HeartStatus& status, const Passed& passed,
                                        const std::optional<WallTime>& known, MonoTime now, WallTime wall) {
  if (!status.oldest_read_at) {
    return passed.up_to();
  }
  const auto changed_at = status.oldest_changed_at ? status.oldest_changed_at : known;
  return changed_at ? std::optional(moment_of(*changed_at, *status.oldest_read_at, now, wall)) : std::nullopt;
}

}  // namespace exporter::pipeline
