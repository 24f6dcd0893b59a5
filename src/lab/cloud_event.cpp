#include "lab/cloud_event.h"

#include <charconv>

#include <fmt/format.h>
#include <simdjson.h>

namespace exporter::lab {
namespace {

std::string_view text_at(simdjson::dom::object object, std::string_view key) {
  std::string_view text;
  return object.at_key(key).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

struct CloudEventReader::Impl {
  simdjson::dom::parser parser;
};

CloudEventReader::CloudEventReader() : impl_(std::make_unique<Impl>()) {}
CloudEventReader::~CloudEventReader() = default;

Result<Delivery> CloudEventReader::read(std::string_view json) {
  simdjson::dom::object envelope;
  // `false`: the bytes lie in a buffer with padding and need not be copied into one.
  if (const auto error = impl_->parser.parse(json.data(), json.size(), false).get(envelope)) {
    return fail(ErrorKind::rejected, fmt::format("not a JSON object: {}", simdjson::error_message(error)));
  }
  if (text_at(envelope, "specversion") != "1.0") {
    return fail(ErrorKind::rejected, "specversion is not \"1.0\"");
  }
  for (const std::string_view attribute : {"source", "type"}) {
    if (text_at(envelope, attribute).empty()) {
      return fail(ErrorKind::rejected, fmt::format("no {}", attribute));
    }
  }
  Delivery delivery;
  delivery.id = text_at(envelope, "id");
  if (delivery.id.empty()) {
    return fail(ErrorKind::rejected, "no id");
  }
  simdjson::dom::object health_event;
  if (envelope.at_key("data").at_key("healthEvent").get(health_event) != simdjson::SUCCESS) {
    return fail(ErrorKind::rejected, "no data.healthEvent");
  }
  delivery.node = text_at(health_event, "nodeName");
  if (delivery.node.empty()) {
    return fail(ErrorKind::rejected, "no data.healthEvent.nodeName");
  }
  simdjson::dom::object metadata;
  if (health_event.at_key("metadata").get(metadata) == simdjson::SUCCESS) {
    delivery.sequence = number_in(text_at(metadata, "seq"));
    delivery.made_ns = number_in(text_at(metadata, "madeNs"));
  }
  return delivery;
}

}  // namespace exporter::lab
