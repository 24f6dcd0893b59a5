// Events that cannot be delivered, set aside durably so that the stream goes on.
//
// A dead letter is a pointer: the payload stays in the datastore, under `document_id` (ports/documents.h reads it).
// Thread-safety: used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "event/event_trace.h"

namespace exporter::ports {

// A Kubernetes node's name has at most 253 bytes (RFC 1123); what a writer puts there may have any number.
inline constexpr std::size_t kLetterNodeBytes = 253;

struct DeadLetter {
  std::string document_id;
  std::string event_id;  // the CloudEvent id, empty when it was never made
  std::string node;      // at most kLetterNodeBytes of it
  std::string reason;    // "undecodable" or "refused"
  std::string detail;    // for people: what exactly; the sink's answer in excerpt, redacted and bounded
  int status = 0;        // HTTP status of the last attempt, 0 when none
  std::uint32_t attempts = 0;
  WallTime at{};
  event::SpanContext trace = {};  // of the event, when it is traced; not stored
  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

// A place among the letters: their order is (at, document id), the time in the store's own precision.
struct DeadLetterKey {
  WallTime at{};
  std::string document_id;
};

class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  // Durable when it returns. Putting the same document again replaces its letter. Errors: transient, corrupt.
  virtual Result<void> put(const DeadLetter& letter) = 0;

  // How many there are. Errors: transient, corrupt.
  virtual Result<std::uint64_t> count() = 0;

  // The first `limit` (> 0) letters after that place, oldest first; fewer when there are no more. Without a place: from
  // the oldest. A letter that is put again meanwhile moves to its new time. Errors: transient, corrupt.
  virtual Result<std::vector<DeadLetter>> page(const std::optional<DeadLetterKey>& after, std::size_t limit) = 0;

  // The letter of the document `id`, else a letter whose event has that id, else nothing. Errors: transient, corrupt.
  virtual Result<std::optional<DeadLetter>> find(const std::string& id) = 0;

  // Durable when it returns. Those that are not there are passed over. How many there were. After an error some may
  // have been removed. Errors: transient, corrupt.
  virtual Result<std::uint64_t> remove(std::span<const std::string> document_ids) = 0;
};

}  // namespace exporter::ports
