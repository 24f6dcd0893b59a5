// Health events as JSON lines -> rows of the embedded datastore.
//
// One event a line, with the field names of NVSentinel's HealthEvent message in any letter case, as the decoder reads
// them. The decoder that the exporter itself uses is the judge, so what is stored here can be exported. Unknown fields
// are passed over, as newer messages have them; nodeName and checkName must be there, for they are what an event is
// found by.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "decode/decoder.h"
#include "source/sqlite/store.h"

namespace exporter::app {

struct IngestProblem {
  std::uint64_t line = 0;  // from 1
  std::string reason;
  friend bool operator==(const IngestProblem&, const IngestProblem&) = default;
};

struct IngestReport {
  static constexpr std::size_t kMaxProblems = 1000;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::vector<IngestProblem> problems;  // the first kMaxProblems of them
  friend bool operator==(const IngestReport&, const IngestReport&) = default;
};

// Reads to the end of `in`; blank lines are passed over. Stores the good events in transactions of up to 1,000, in the
// stored shape, with `clock`'s time as createdAt and, where the event has none, as generatedTimestamp.
// Errors: those of Writer::insert, saying how many events are stored already; transient when `in` cannot be read.
Result<IngestReport> ingest(std::istream& in, sqlite::Writer& writer, decode::Decoder& decoder, const Clock& clock);

}  // namespace exporter::app
