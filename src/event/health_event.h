// One GPU health event, as the decoder understood it.
//
// A view, not an owner: all text points into the decoder's buffers or the stored document and is valid until the
// decoder's next call. The event is read once, filtered, and turned into the CloudEvent's bytes at once, so copying
// each field would only cost. Field names, numbers and meanings: NVSentinel's HealthEvent message (proto3, package
// datamodels).
// Thread-safety: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter::event {

// google.protobuf.Timestamp without its range check: nanos outside 0..999,999,999 are carried when it is written.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

struct Entity {
  std::string_view type;
  std::string_view value;
};

struct Overrides {
  bool force = false;
  bool skip = false;
};

struct HealthEvent {
  std::uint32_t version = 0;
  std::string_view agent;
  std::string_view component_class;
  std::string_view check_name;
  bool is_fatal = false;
  bool is_healthy = false;
  std::string_view message;
  std::int32_t recommended_action = 0;   // enum RecommendedAction, by number; unknown numbers are kept
  std::int32_t processing_strategy = 0;  // enum ProcessingStrategy
  std::vector<std::string_view> error_codes;
  std::vector<Entity> entities_impacted;
  // In no particular order; a key stands at most once.
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  std::optional<Timestamp> generated_timestamp;
  std::string_view node_name;
  std::optional<Overrides> quarantine_overrides;
  std::optional<Overrides> drain_overrides;
  std::string_view id;
  std::string_view custom_recommended_action;
  // From healtheventstatus.spanids["platform-connector"]; empty when absent. For trace links only.
  std::string_view platform_connector_span_id;

  // Back to the empty event, keeping the vectors' memory.
  void clear();
};

}  // namespace exporter::event
