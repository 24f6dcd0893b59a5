// What must hold for every document, in whatever format: shared by the fuzz targets of the decoders.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/check.h"
#include "decode/decoder.h"
#include "event/health_event.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::fuzz {

// Aborts unless `document` is refused with a reason, or becomes a CloudEvent that is valid JSON in both forms.
inline void check_cloud_event(decode::Decoder& decoder, std::string_view document) {
  static std::array writers = {
      transform::CloudEventWriter({.metadata = {{"cluster", "fuzz"}}}),
      transform::CloudEventWriter(
          {.metadata = {{"cluster", "fuzz"}}, .payload_version = transform::PayloadVersion::numeric_action})};
  static event::HealthEvent event;

  if (const auto decoded = decoder.decode(document, event); !decoded) {
    EXPORTER_CHECK(decoded.error().kind == ErrorKind::rejected, "a refusal is final");
    EXPORTER_CHECK(!decoded.error().message.empty() && decoded.error().message.size() < 1024, "a refusal has a reason");
    return;
  }
  for (transform::CloudEventWriter& writer : writers) {
    std::string body;
    writer.write(event, transform::kIdNamespace, WallTime(), body);
    simdjson::dom::parser parser;
    simdjson::dom::element parsed;
    EXPORTER_CHECK(parser.parse(body).get(parsed) == simdjson::SUCCESS, "the CloudEvent is valid JSON");
    std::string_view node;
    EXPORTER_CHECK(parsed["data"]["healthEvent"]["nodeName"].get(node) == simdjson::SUCCESS, "the node is named");
    EXPORTER_CHECK(node == event.node_name || !simdjson::validate_utf8(event.node_name),
                   "text comes back as it went in");
  }
}

}  // namespace exporter::fuzz
