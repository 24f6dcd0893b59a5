// Any bytes as a stored JSON document: either a refusal with a reason, or an event whose CloudEvent is valid JSON.
#include <cstddef>
#include <cstdint>
#include <string>

#include "cloud_event_check.h"
#include "decode/json_decoder.h"
#include "event/raw_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static exporter::decode::JsonDecoder decoder;
  exporter::event::RawBatch batch;
  batch.add("id", std::string(data, data + size), {});
  exporter::fuzz::check_cloud_event(decoder, batch[0].document);
  return 0;
}
