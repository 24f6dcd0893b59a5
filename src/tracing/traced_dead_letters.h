// The span of a dead letter's write, in the trace of its event.
//
// Reads and removals are done for people by other commands and have no trace. Thread-safety: as ports::DeadLetters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "ports/dead_letters.h"
#include "tracing/ids.h"
#include "tracing/span.h"
#include "tracing/traced_history.h"

namespace exporter::tracing {

class TracedDeadLetters final : public ports::DeadLetters {
 public:
  // Everything given must outlive it.
  TracedDeadLetters(ports::DeadLetters& letters, DatabaseAttributes database, std::string operation, Recorder& recorder,
                    const Clock& clock, std::uint64_t seed)
      : letters_(letters),
        database_(std::move(database)),
        operation_(std::move(operation)),
        recorder_(recorder),
        clock_(clock),
        ids_(seed) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override { return letters_.count(); }
  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>& after,
                                              std::size_t limit) override {
    return letters_.page(after, limit);
  }
  Result<std::optional<ports::DeadLetter>> find(const std::string& id) override { return letters_.find(id); }
  Result<std::uint64_t> remove(std::span<const std::string> document_ids) override {
    return letters_.remove(document_ids);
  }

 private:
  ports::DeadLetters& letters_;
  const DatabaseAttributes database_;
  const std::string operation_;
  Recorder& recorder_;
  const Clock& clock_;
  IdSource ids_;
};

}  // namespace exporter::tracing
