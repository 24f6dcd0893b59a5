// What is handed to the exporting thread, and what it makes of it.
//
// The threads that deliver note as little as possible (a Record); the spans as they are sent (names, attributes, parents)
// are made of it on the exporting thread. Keys and names are constants and are not copied.
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"
#include "event/event_trace.h"

namespace exporter::tracing {

struct Attribute {
  std::string_view key;  // a constant
  // A view: of a constant, or of something that lives as long as the exporter.
  std::variant<std::string, std::string_view, std::int64_t, double> value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// A span that is over.
struct Span {
  enum class Kind : std::uint8_t { internal, client };

  std::string name;
  Kind kind = Kind::internal;
  event::SpanContext context;
  event::SpanId parent{};     // all zero: none
  event::SpanContext linked;  // not valid: none
  WallTime start{};
  Duration took{};
  std::vector<Attribute> attributes;
  bool failed = false;
  std::string error;  // the status's description
};

// An event that is settled.
struct SettledEvent {
  std::unique_ptr<event::EventTrace> trace;
  WallTime at{};
};

// A request that was not accepted, told while its event goes on being tried.
struct FailedAttempt {
  event::TraceId trace_id{};
  event::SpanId parent{};
  event::TracedAttempt attempt;
};

using Record = std::variant<SettledEvent, FailedAttempt, Span>;

// How many spans become of it.
[[nodiscard]] inline std::size_t spans_of(const Record& record) {
  const auto* const settled = std::get_if<SettledEvent>(&record);
  if (settled == nullptr) {
    return 1;
  }
  return settled->trace->attempt.number > 0 && !settled->trace->attempt_told ? 4 : 3;
}

// Who takes records.
class Recorder {
 public:
  virtual ~Recorder() = default;

  // Never blocks for longer than a mutex; drops and counts what finds no room. Any thread.
  virtual void put(Record record) = 0;

  // Whether an event may begin a trace: false, and counted, while there is no room. Any thread.
  virtual bool has_room() = 0;
};

}  // namespace exporter::tracing
