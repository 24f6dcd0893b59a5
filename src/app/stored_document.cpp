#include "app/stored_document.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_text.h"
#include "transform/time_text.h"

namespace exporter::app {

namespace {

// Writes an object's members; those with a zero value are left out.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  std::string& name(std::string_view name) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_.append(name).append("\":");
    return out_;
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      append_json_string(name(key), value);
    }
  }
  void number(std::string_view key, std::int64_t value) {
    if (value != 0) {
      fmt::format_to(std::back_inserter(name(key)), "{}", value);
    }
  }
  void truth(std::string_view key, bool value) {
    if (value) {
      name(key) += "true";
    }
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_time_object(std::string& out, const event::Timestamp& time) {
  Members members(out);
  members.number("seconds", time.seconds);
  members.number("nanos", time.nanos);
  members.end();
}

void append_overrides(Members& members, std::string_view name, const std::optional<event::Overrides>& overrides) {
  if (overrides) {
    Members inner(members.name(name));
    inner.truth("force", overrides->force);
    inner.truth("skip", overrides->skip);
    inner.end();
  }
}

void append_lists(Members& members, const event::HealthEvent& event) {
  if (!event.error_codes.empty()) {
    std::string& out = members.name("errorCode");
    char before = '[';
    for (const std::string_view code : event.error_codes) {
      out += before;
      before = ',';
      append_json_string(out, code);
    }
    out += ']';
  }
  if (!event.entities_impacted.empty()) {
    std::string& out = members.name("entitiesImpacted");
    char before = '[';
    for (const event::Entity& entity : event.entities_impacted) {
      out += before;
      before = ',';
      Members inner(out);
      inner.text("entityType", entity.type);
      inner.text("entityValue", entity.value);
      inner.end();
    }
    out += ']';
  }
  if (!event.metadata.empty()) {
    std::string& out = members.name("metadata");
    char before = '{';
    for (const auto& [key, value] : event.metadata) {
      out += before;
      before = ',';
      append_json_string(out, key);
      out += ':';
      append_json_string(out, value);
    }
    out += '}';
  }
}

void append_health_event(std::string& out, const event::HealthEvent& event) {
  Members members(out);
  members.number("version", event.version);
  members.text("agent", event.agent);
  members.text("componentClass", event.component_class);
  members.text("checkName", event.check_name);
  members.truth("isFatal", event.is_fatal);
  members.truth("isHealthy", event.is_healthy);
  members.text("message", event.message);
  members.number("recommendedAction", event.recommended_action);
  append_lists(members, event);
  if (event.generated_timestamp) {
    append_time_object(members.name("generatedTimestamp"), *event.generated_timestamp);
  }
  members.text("nodeName", event.node_name);
  append_overrides(members, "quarantineOverrides", event.quarantine_overrides);
  append_overrides(members, "drainOverrides", event.drain_overrides);
  members.number("processingStrategy", event.processing_strategy);
  members.text("id", event.id);
  members.text("customRecommendedAction", event.custom_recommended_action);
  members.end();
}

}  // namespace

void append_stored_document(std::string& out, const event::HealthEvent& event, WallTime created_at) {
  out += "{\"createdAt\":\"";
  transform::append_time(out, transform::timestamp_of(created_at));
  out += "\",\"RawEvent\":null,\"healthevent\":";
  append_health_event(out, event);
  // What a writer stores for an event that nobody has acted on yet.
  out +=
      R"(,"healtheventstatus":{"nodequarantined":null,"userpodsevictionstatus":{"status":""},"faultremediated":null}})";
}

}  // namespace exporter::app
