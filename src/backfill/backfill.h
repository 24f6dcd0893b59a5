// Reading the history, page by page at a bounded rate. A state machine: the reader asks it what to read next and tells
// it what came.
//
// A backfill runs once, on the first start: the stream's position is taken first, the range of the history ends exactly
// there, and when the last page was read the stream goes on from that position: no seam, nothing twice. It runs before
// the stream, not beside it, which keeps the order per node. The cursor is saved like any position, so a restart
// continues.
// Thread-safety: owned by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "backfill/pace.h"
#include "base/time.h"

namespace exporter::backfill {

struct Options {
  bool enabled = false;
  Duration max_age = std::chrono::hours(720);
  std::uint64_t max_events = 0;  // the newest so many
  std::size_t page_size = 500;   // documents read at once
  std::uint64_t rate_limit = 0;  // events a second; 0 = no limit
};

class Backfill {
 public:
  // Continues at `cursor`.
  Backfill(const Options& options, std::string cursor, MonoTime now)
      : page_size_(options.page_size), pace_(options.rate_limit, now), cursor_(std::move(cursor)) {}

  [[nodiscard]] const std::string& cursor() const { return cursor_; }

  // How many documents to read now; 0: none before next().
  [[nodiscard]] std::size_t page(MonoTime now) { return pace_.allowance(page_size_, now); }
  [[nodiscard]] MonoTime next(MonoTime now) { return pace_.next(now); }

  // A page came; `documents` of it are sent. `cursor` stands after it.
  void arrived(std::size_t documents, std::string cursor) {
    pace_.spend(documents);
    cursor_ = std::move(cursor);
  }

 private:
  std::size_t page_size_;
  Pace pace_;
  std::string cursor_;
};

}  // namespace exporter::backfill
