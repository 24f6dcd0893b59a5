// Any bytes as a stored BSON document: either a refusal with a reason, or an event whose CloudEvent is valid JSON.
#include <cstddef>
#include <cstdint>

#include "cloud_event_check.h"
#include "decode/bson_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static exporter::decode::BsonDecoder decoder;
  // Not padded as in a batch: what is read must stand within the document.
  exporter::fuzz::check_cloud_event(decoder, {reinterpret_cast<const char*>(data), size});
  return 0;
}
