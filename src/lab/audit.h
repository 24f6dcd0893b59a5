// Compares what is stored with what was delivered: the judgement "nothing is missing".
//
// Pure: the caller reads the store and asks the sink. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "lab/event_id_set.h"

namespace exporter::lab {

struct AuditReport {
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;               // stored events that arrived at least once
  std::uint64_t missing = 0;                 // stored, not delivered, and not set aside as a dead letter
  std::uint64_t duplicate_ids = 0;           // ids of stored events that arrived more than once
  std::uint64_t dead_letters = 0;            // stored, not delivered, but set aside
  std::uint64_t unknown_ids = 0;             // delivered, but of no stored event
  std::vector<std::string> absent_examples;  // document ids of events that did not arrive, at most five

  [[nodiscard]] bool holds() const { return missing == 0; }
  friend bool operator==(const AuditReport&, const AuditReport&) = default;
};

class Audit {
 public:
  // `delivered`: the event ids that the sink accepted.
  explicit Audit(EventIdSet delivered);

  // One stored document and the event id that it must have been delivered under.
  void add_stored(std::string_view document_id, std::string_view event_id);

  // `dead_letters`: how many events the exporter has set aside. So many of those that did not arrive are accounted for.
  [[nodiscard]] AuditReport report(std::uint64_t dead_letters) const;

 private:
  EventIdSet delivered_;
  AuditReport report_;
};

// The page /audit/ids of the sink: "ID COUNT" a line. Errors: invalid.
[[nodiscard]] Result<EventIdSet> parse_id_counts(std::string_view text);

// "stored 5,000 · delivered 5,000 · missing 0 · duplicate ids 0", then a line for dead letters, and, when there are
// any, one for unknown ids and one that names events which did not arrive.
[[nodiscard]] std::string to_text(const AuditReport& report);
[[nodiscard]] std::string to_json(const AuditReport& report);

}  // namespace exporter::lab
