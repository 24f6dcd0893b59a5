// Events that cannot be delivered, set aside durably so that the stream goes on.
//
// A dead letter is a pointer: the payload stays in the datastore, under `document_id`.
// Thread-safety: used by one thread at a time.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace exporter::ports {

struct DeadLetter {
  std::string document_id;
  std::string event_id;  // the CloudEvent id, empty when it was never made
  std::string node;
  std::string reason;  // "undecodable" or "refused"
  std::string detail;  // for people: what exactly; the sink's answer in excerpt, redacted and bounded
  int status = 0;      // HTTP status of the last attempt, 0 when none
  std::uint32_t attempts = 0;
  WallTime at{};
};

class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  // Durable when it returns. Putting the same document again replaces its letter. Errors: transient, corrupt.
  virtual Result<void> put(const DeadLetter& letter) = 0;

  // How many there are. Errors: transient, corrupt.
  virtual Result<std::uint64_t> count() = 0;
};

}  // namespace exporter::ports
