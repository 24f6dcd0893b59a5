// A stored document -> a health event, once for all formats.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "decode/read_value.h"

namespace exporter::decode {

template <StoredValue Value>
Result<void> read_enum(const Where& where, const Value& value, std::int32_t& out) {
  if (const auto name = value.string()) {
    return store_enum(where, *name, out);
  }
  return read_integer(where, value, out);
}

// Reads the health event's member of that name.
template <StoredValue Value>
Result<void> read_field(Field field, const Value& value, event::HealthEvent& out) {
  const Where where{field, Where::kNoIndex, {}};
  switch (field) {
    case Field::id:
      return read(where, value, out.id);
    case Field::agent:
      return read(where, value, out.agent);
    case Field::is_fatal:
      return read(where, value, out.is_fatal);
    case Field::message:
      return read(where, value, out.message);
    case Field::version:
      return read_integer(where, value, out.version);
    case Field::metadata:
      return read(where, value, out.metadata);
    case Field::node_name:
      return read(where, value, out.node_name);
    case Field::check_name:
      return read(where, value, out.check_name);
    case Field::error_code:
      return read(where, value, out.error_codes);
    case Field::is_healthy:
      return read(where, value, out.is_healthy);
    case Field::component_class:
      return read(where, value, out.component_class);
    case Field::drain_overrides:
      return read(where, value, out.drain_overrides);
    case Field::entities_impacted:
      return read(where, value, out.entities_impacted);
    case Field::recommended_action:
      return read_enum(where, value, out.recommended_action);
    case Field::generated_timestamp:
      return read(where, value, out.generated_timestamp);
    case Field::processing_strategy:
      return read_enum(where, value, out.processing_strategy);
    case Field::quarantine_overrides:
      return read(where, value, out.quarantine_overrides);
    case Field::custom_recommended_action:
      return read(where, value, out.custom_recommended_action);
    case Field::unknown:
      break;
  }
  return {};
}

// The status belongs to other programs and changes shape between versions: whatever is odd in it, nothing is read.
template <StoredValue Value>
std::string_view span_id_of(const std::optional<Value>& status) {
  std::string_view span_id;
  if (!status || !status->is_object()) {
    return span_id;
  }
  status->each_member([&](std::string_view key, const Value& spans) {
    if (equals_ignoring_case(key, "spanids")) {
      span_id = {};
      if (spans.is_object()) {
        spans.each_member([&](std::string_view service, const Value& id) {
          if (service == "platform-connector") {
            span_id = id.string().value_or(std::string_view());
          }
          return true;
        });
      }
    }
    return true;
  });
  return span_id;
}

// Replaces what `out` held. Errors: rejected, with a reason that names the field by its path.
template <StoredValue Value>
Result<void> read_document(const Value& document, event::HealthEvent& out) {
  out.clear();
  if (!document.is_object()) {
    return fail(ErrorKind::rejected, std::string("the document must be an object, is ").append(document.type_name()));
  }
  std::optional<Value> health_event;
  std::optional<Value> status;
  const bool sound = document.each_member([&](std::string_view key, const Value& member) {
    if (equals_ignoring_case(key, "healthevent")) {
      health_event = member;
    } else if (equals_ignoring_case(key, "healtheventstatus")) {
      status = member;
    }
    return true;
  });
  if (!sound) {
    return fail(ErrorKind::rejected, std::string("the document is not valid ").append(Value::kFormat));
  }
  if (!health_event || health_event->is_null()) {
    return fail(ErrorKind::rejected, "the document has no healthevent");
  }
  if (!health_event->is_object()) {
    return refuse_type(Where(), "an object", *health_event);
  }
  out.platform_connector_span_id = span_id_of(status);
  return visit_members(Where(), *health_event, [&](std::string_view key, const Value& value) {
    return read_field(find_field(key), value, out);
  });
}

}  // namespace exporter::decode
