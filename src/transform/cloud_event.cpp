#include "transform/cloud_event.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/check.h"
#include "base/json_text.h"
#include "event/enum_names.h"
#include "transform/time_text.h"

namespace exporter::transform {
namespace {

// More than the names, punctuation and short values of an event need: with it the body is allocated once.
constexpr std::size_t kFixedBytes = 512;

template <class Integer>
void append_number(std::string& out, Integer number) {
  char digits[std::numeric_limits<Integer>::digits10 + 3];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_text(std::string& out, std::string_view member, std::string_view text) {
  out.append(member);
  append_json_string(out, text);
}

void append_bool(std::string& out, std::string_view member, bool value) {
  out.append(member).append(value ? "true" : "false");
}

// An enumeration's number without a name is exported as its digits, in a string all the same.
void append_enum(std::string& out, std::string_view member, std::string_view name, std::int32_t number) {
  out.append(member).push_back('"');
  if (name.empty()) {
    append_number(out, number);
  } else {
    out.append(name);
  }
  out.push_back('"');
}

void append_overrides(std::string& out, std::string_view member, const event::Overrides& overrides) {
  append_bool(out.append(member), R"({"force":)", overrides.force);
  append_bool(out, R"(,"skip":)", overrides.skip);
  out.push_back('}');
}

void append_entities(std::string& out, const event::HealthEvent& event) {
  out.append(R"("entitiesImpacted":[)");
  std::string_view separator;
  for (const event::Entity& entity : event.entities_impacted) {
    out.append(separator);
    append_text(out, R"({"entityType":)", entity.type);
    append_text(out, R"(,"entityValue":)", entity.value);
    out.push_back('}');
    separator = ",";
  }
  out.push_back(']');
}

void append_error_codes(std::string& out, const event::HealthEvent& event) {
  out.append(R"("errorCode":[)");
  std::string_view separator;
  for (const std::string_view code : event.error_codes) {
    append_text(out, separator, code);
    separator = ",";
  }
  out.push_back(']');
}

// The members that every form has, in their sorted order and in the stretches between those that only some have.
void append_agent_to_component(std::string& out, const event::HealthEvent& event) {
  append_text(out, R"({"agent":)", event.agent);
  append_text(out, R"(,"checkName":)", event.check_name);
  append_text(out, R"(,"componentClass":)", event.component_class);
}

void append_entities_to_message(std::string& out, const event::HealthEvent& event, std::string_view quoted_time) {
  out.push_back(',');
  append_entities(out, event);
  out.push_back(',');
  append_error_codes(out, event);
  out.append(R"(,"generatedTimestamp":)").append(quoted_time);
  append_bool(out, R"(,"isFatal":)", event.is_fatal);
  append_bool(out, R"(,"isHealthy":)", event.is_healthy);
  append_text(out, R"(,"message":)", event.message);
}

// What the body will need, about, unless much of its text has to be escaped.
std::size_t estimate(const event::HealthEvent& event) {
  std::size_t bytes = kFixedBytes + event.agent.size() + event.check_name.size() + event.component_class.size() +
                      event.message.size() + event.node_name.size() + event.custom_recommended_action.size();
  for (const std::string_view code : event.error_codes) {
    bytes += code.size() + 3;
  }
  for (const event::Entity& entity : event.entities_impacted) {
    bytes += entity.type.size() + entity.value.size() + 36;
  }
  for (const auto& [key, value] : event.metadata) {
    bytes += key.size() + value.size() + 6;
  }
  return bytes;
}

template <class Pairs>
void append_object(std::string& out, const Pairs& pairs) {
  char separator = '{';
  for (const auto& [key, value] : pairs) {
    out.push_back(separator);
    append_json_string(out, key);
    append_text(out, ":", value);
    separator = ',';
  }
  out.push_back('}');
}

}  // namespace

CloudEventWriter::CloudEventWriter(Options options) : payload_version_(options.payload_version) {
  auto& metadata = options.metadata;
  std::sort(metadata.begin(), metadata.end());
  const auto cluster = std::find_if(metadata.begin(), metadata.end(), [](const auto& p) { return p.first == "cluster"; });
  EXPORTER_CHECK(cluster != metadata.end() && !cluster->second.empty(), "metadata has a cluster");
  before_id_ = R"({"specversion":"1.0","type":"com.nvidia.nvsentinel.health.v1","source":)";
  append_json_string(before_id_, "nvsentinel://" + cluster->second + "/healthevents");
  before_id_.append(R"(,"id":")");
  after_event_ = R"(,"metadata":)";
  append_object(after_event_, metadata);
  after_event_.append("}}");
}

void CloudEventWriter::write(const event::HealthEvent& event, const event::EventId& id, WallTime now,
                             std::string& out) {
  out.clear();
  out.reserve(before_id_.size() + after_event_.size() + estimate(event));
  time_.assign(1, '"');
  append_time(time_, event.generated_timestamp ? *event.generated_timestamp : timestamp_of(now));
  time_.push_back('"');
  out.append(before_id_).append(event::to_string(id));
  out.append(R"(","time":)").append(time_).append(R"(,"data":{"healthEvent":)");
  if (payload_version_ == PayloadVersion::current) {
    write_current(event, out);
  } else {
    write_numeric_action(event, out);
  }
  out.append(after_event_);
}

void CloudEventWriter::write_current(const event::HealthEvent& event, std::string& out) {
  append_agent_to_component(out, event);
  if (!event.custom_recommended_action.empty()) {
    append_text(out, R"(,"customRecommendedAction":)", event.custom_recommended_action);
  }
  if (event.drain_overrides) {
    append_overrides(out, R"(,"drainOverrides":)", *event.drain_overrides);
  }
  append_entities_to_message(out, event, time_);
  if (!event.metadata.empty()) {
    append_pairs(event, out);
  }
  append_text(out, R"(,"nodeName":)", event.node_name);
  append_enum(out, R"(,"processingStrategy":)", event::processing_strategy_name(event.processing_strategy),
              event.processing_strategy);
  if (event.quarantine_overrides) {
    append_overrides(out, R"(,"quarantineOverrides":)", *event.quarantine_overrides);
  }
  append_enum(out, R"(,"recommendedAction":)", event::recommended_action_name(event.recommended_action),
              event.recommended_action);
  append_number(out.append(R"(,"version":)"), event.version);
  out.push_back('}');
}

void CloudEventWriter::write_numeric_action(const event::HealthEvent& event, std::string& out) const {
  append_agent_to_component(out, event);
  append_entities_to_message(out, event, time_);
  append_text(out, R"(,"nodeName":)", event.node_name);
  append_number(out.append(R"(,"recommendedAction":)"), event.recommended_action);
  append_number(out.append(R"(,"version":"v)"), event.version);
  out.append("\"}");
}

void CloudEventWriter::append_pairs(const event::HealthEvent& event, std::string& out) {
  pairs_.assign(event.metadata.begin(), event.metadata.end());
  std::sort(pairs_.begin(), pairs_.end());
  append_object(out.append(R"(,"metadata":)"), pairs_);
}

}  // namespace exporter::transform
