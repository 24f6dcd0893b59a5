// What the tests of this folder share: a recorder that keeps everything, and spans as text.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "support/manual_clock.h"
#include "tracing/event_spans.h"
#include "tracing/ids.h"
#include "tracing/span.h"

namespace exporter::tracing {

class KeepingRecorder final : public Recorder {
 public:
  void put(Record record) override { records.push_back(std::move(record)); }
  bool has_room() override { return room; }

  // The spans of all that was put, which is forgotten then. They must not outlive the recorder.
  std::vector<Span> spans() {
    std::vector<Span> out;
    for (Record& record : records) {
      expander_.expand(std::move(record), out);
    }
    records.clear();
    return out;
  }

  std::vector<Record> records;
  bool room = true;

 private:
  EventSpans expander_{{.url = "http://sink:8080/events", .address = "sink", .port = 8080}, 7};
};

inline std::string text_of(const Attribute& attribute) {
  if (const auto* const text = std::get_if<std::string>(&attribute.value)) {
    return *text;
  }
  if (const auto* const view = std::get_if<std::string_view>(&attribute.value)) {
    return std::string(*view);
  }
  if (const auto* const number = std::get_if<std::int64_t>(&attribute.value)) {
    return std::to_string(*number);
  }
  return std::to_string(std::get<double>(attribute.value));
}

// The attribute's value as text; "(none)" when it is not there.
inline std::string attribute(const Span& span, std::string_view key) {
  for (const Attribute& each : span.attributes) {
    if (each.key == key) {
      return text_of(each);
    }
  }
  return "(none)";
}

}  // namespace exporter::tracing
