// Reading, step by step: what a checkpoint names as pending, the history while there is one to read, then the stream, for
// ever.
//
// Production calls step() in a loop on the source thread; the simulator calls the same object. A failed step leaves the
// reader where it was: the next step opens the source again just after what was handed over last. When the stream's
// position is lost, a new position is taken first, then the stored events from the watermark (less a margin) up to it
// are read again as history, then the stream goes on: no gap, and repeats carry the same ids.
// Thread-safety: owned by one thread. Everything given must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "backfill/backfill.h"
#include "base/clock.h"
#include "base/error.h"
#include "event/prepared_event.h"
#include "event/raw_batch.h"
#include "pipeline/preparer.h"
#include "ports/checkpoint_store.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/source.h"

namespace exporter::pipeline {

struct ReaderOptions {
  backfill::Options backfill;
  std::size_t batch_bytes = 256 << 10;  // stored bytes read at once
  // `createdAt` is the writer's clock, not stream order: healing starts this much before the watermark.
  Duration healing_margin = std::chrono::minutes(10);
};

// What a first start found; for the log.
struct FirstStart {
  std::uint64_t planned = 0;  // documents of the history
  std::uint64_t cut = 0;      // older ones that max_events leaves out
};

class Reader {
 public:
  Reader(ports::Source& source, ports::History& history, ports::Documents& documents, Preparer& preparer, Clock& clock,
         ReaderOptions options);

  // First start: takes the position, plans the history. The result is to be saved before anything is read.
  [[nodiscard]] Result<ports::Checkpoint> first_checkpoint(FirstStart& found);

  // Reading goes on after `saved`. Once, before the first step.
  void start(const ports::Checkpoint& saved);

  // At most one read. An empty batch without an end: nothing came before `deadline`. Errors: as ports::Source.
  [[nodiscard]] Result<event::PreparedBatch> step(MonoTime deadline, std::stop_token stop);

  [[nodiscard]] bool in_history() const { return backfill_.has_value(); }
  // Whether the next step reads the stream: not the history, and nothing that a checkpoint names as pending.
  [[nodiscard]] bool in_stream() const { return !ahead_ && !backfill_; }
  // How often the stream's position was lost and the history read again instead.
  [[nodiscard]] std::uint64_t healed() const { return healed_; }
  // Settled events that were not read again, because the checkpoint named what was pending before them.
  [[nodiscard]] std::uint64_t repeats_avoided() const { return repeats_avoided_; }

 private:
  Result<event::PreparedBatch> step_pending();
  Result<event::PreparedBatch> step_history(MonoTime deadline, std::stop_token stop);
  Result<event::PreparedBatch> step_stream(MonoTime deadline, std::stop_token stop);
  Result<event::PreparedBatch> heal();
  event::PreparedBatch prepare();

  ports::Source& source_;
  ports::History& history_;
  ports::Documents& documents_;
  Preparer& preparer_;
  Clock& clock_;
  ReaderOptions options_;
  event::RawBatch raw_;                            // reused
  std::optional<ports::Ahead> ahead_;              // until its pending events are read
  event::PreparedBatch pending_;                   // those read so far: all are handed over at once, or none
  std::vector<std::size_t> gone_;                  // reused
  std::optional<backfill::Backfill> backfill_;     // while the history is read
  std::shared_ptr<const event::Position> resume_;  // where the stream goes on after the history
  event::Position position_;                       // of the stream: just after what was handed over last
  WallTime watermark_{};                           // the newest change time handed over
  // When the history's end was taken. Its times are the clocks of many writers: beyond this they prove nothing, and one
  // that is ahead would hide all that is lost until then. Before all of them when it is not known, after a restart.
  WallTime horizon_ = WallTime::min();
  bool open_ = false;
  std::optional<std::uint64_t> history_planned_;  // to be told with the next batch
  std::uint64_t healed_ = 0;
  std::uint64_t repeats_avoided_ = 0;
};

}  // namespace exporter::pipeline
