// BSON documents, as MongoDB stores them.
//
// Read in one pass with libbson's iterator, which checks the bounds of each element before it gives it out; nothing is
// built, and nested documents that nobody asks for are stepped over by their length, so depth costs nothing. The same
// rules as for JSON (read_event.h), and what BSON's other types stand for: docs/decoding.md.
//
// Text need not be valid UTF-8: MongoDB does not check it, so it is handed on as it is, and the CloudEvent's writer
// replaces what is not.
// Source: BSON 1.1, https://bsonspec.org/spec.html.
#pragma once

#include <array>
#include <deque>

#include "decode/decoder.h"

namespace exporter::decode {

// An ObjectId that stands in a field for text, as its hexadecimal digits and a closing NUL.
using ObjectIdTexts = std::deque<std::array<char, 25>>;

// No allocation per event once its buffers have grown. The document needs no padding.
// Thread-safety: none, as Decoder.
class BsonDecoder final : public Decoder {
 public:
  Result<void> decode(std::string_view document, event::HealthEvent& out) override;

 private:
  ObjectIdTexts object_ids_;  // of the last document
};

}  // namespace exporter::decode
