// Any bytes as a stored document: either a refusal with a reason, or an event whose CloudEvent is valid JSON.
#include <cstddef>
#include <cstdint>
#include <string>

#include <simdjson.h>

#include "base/check.h"
#include "decode/json_decoder.h"
#include "event/raw_batch.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace exporter;
  static decode::JsonDecoder decoder;
  static transform::CloudEventWriter writers[] = {
      transform::CloudEventWriter({.metadata = {{"cluster", "fuzz"}}}),
      transform::CloudEventWriter(
          {.metadata = {{"cluster", "fuzz"}}, .payload_version = transform::PayloadVersion::numeric_action})};
  static event::HealthEvent event;

  event::RawBatch batch;
  batch.add("id", std::string(data, data + size), {});
  if (const auto decoded = decoder.decode(batch[0].document, event); !decoded) {
    EXPORTER_CHECK(decoded.error().kind == ErrorKind::rejected, "a refusal is final");
    EXPORTER_CHECK(!decoded.error().message.empty() && decoded.error().message.size() < 1024, "a refusal has a reason");
    return 0;
  }
  for (transform::CloudEventWriter& writer : writers) {
    std::string body;
    writer.write(event, transform::kIdNamespace, WallTime(), body);
    simdjson::dom::parser parser;
    simdjson::dom::element parsed;
    EXPORTER_CHECK(parser.parse(body).get(parsed) == simdjson::SUCCESS, "the CloudEvent is valid JSON");
    std::string_view node;
    EXPORTER_CHECK(parsed["data"]["healthEvent"]["nodeName"].get(node) == simdjson::SUCCESS && node == event.node_name,
                   "text comes back as it went in");
  }
  return 0;
}
