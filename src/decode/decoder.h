// A stored document -> a health event. One decoder per format, one meaning for all of them: what is accepted and refused
// is written down in docs/decoding.md and done in read_event.h; a format only says what its values are
// (stored_value.h).
#pragma once

#include <string_view>

#include "base/error.h"
#include "event/health_event.h"

namespace exporter::decode {

// Thread-safety: none; a decoder reuses its buffers, so each thread has its own.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Reads `document`, which must be followed by event::RawBatch::kPadding readable bytes, into `out`, replacing what it
  // held. Text in `out` is valid until the next decode and while the document lives.
  // Errors: rejected, with a reason that names the field by its path; `out` is then unspecified.
  virtual Result<void> decode(std::string_view document, event::HealthEvent& out) = 0;
};

}  // namespace exporter::decode
