// Health event -> the bytes of its CloudEvent (CloudEvents 1.0, JSON format, structured mode).
//
// Byte for byte what the incumbent sends, not only equal as JSON: the six members in their order, every other object
// sorted by key, Go's escapes (base/json_text.h), enumerations by name (event/enum_names.h).
//
// PayloadVersion::numeric_action is the form of the example in NVSentinel's published documentation
// (docs/event-exporter.md, "CloudEvents Format"): `"version": "v1"`, `"recommendedAction": 2`, and of the health event
// exactly the twelve members shown there: no metadata of the event, no processingStrategy, no customRecommendedAction,
// no overrides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "event/health_event.h"
#include "event/prepared_event.h"

namespace exporter::transform {

enum class PayloadVersion : std::uint8_t { current, numeric_action };

struct Options {
  // data.metadata, in any order, a key at most once; must hold "cluster", which also names the source.
  std::vector<std::pair<std::string, std::string>> metadata;
  PayloadVersion payload_version = PayloadVersion::current;
};

// Thread-safety: none; reuses its buffers, so each thread has its own.
class CloudEventWriter {
 public:
  // A missing or empty "cluster" is a broken invariant: the configuration has checked it.
  explicit CloudEventWriter(Options options);

  // Replaces what `out` holds. `now` stands in for a missing generatedTimestamp. Cannot fail: text may hold any bytes.
  void write(const event::HealthEvent& event, const event::EventId& id, WallTime now, std::string& out);

 private:
  void write_current(const event::HealthEvent& event, std::string& out);
  void write_numeric_action(const event::HealthEvent& event, std::string& out) const;
  void append_pairs(const event::HealthEvent& event, std::string& out);

  PayloadVersion payload_version_;
  std::string before_id_;  // constant: everything up to the id
  std::string after_event_;  // constant: everything behind the health event
  std::string time_;       // of the event being written, quoted
  std::vector<std::pair<std::string_view, std::string_view>> pairs_;  // for sorting
};

}  // namespace exporter::transform
