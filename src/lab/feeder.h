// Puts generated events somewhere: a backlog in one go, or so many a second.
//
// Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "base/clock.h"
#include "base/error.h"
#include "lab/generator.h"

namespace exporter::lab {

// Where the documents go. The lab knows no datastore.
class DocumentWriter {
 public:
  virtual ~DocumentWriter() = default;
  // Part of the transaction that the next commit() ends; begins one when none is open. Errors: transient, corrupt.
  virtual Result<void> add(const GeneratedEvent& event) = 0;
  virtual Result<void> commit() = 0;
};

// `count` events that happened, evenly spread, during `age` before now; `batch` (> 0) of them a transaction. Returns
// how many were committed, fewer after a stop. Errors: those of the writer.
Result<std::uint64_t> feed_backlog(Generator& generator, DocumentWriter& writer, std::uint64_t count, Duration age,
                                   std::size_t batch, const Clock& clock, std::stop_token stop);

// `rate` (> 0) live events a second until `count` are written. Each is committed when it is due, with those that are
// due at the same millisecond; `batch` is the most a transaction. Returns and errors as above.
Result<std::uint64_t> feed_live(Generator& generator, DocumentWriter& writer, std::uint64_t count, double rate,
                                std::size_t batch, Clock& clock, std::stop_token stop);

}  // namespace exporter::lab
