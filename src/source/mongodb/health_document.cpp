#include "source/mongodb/health_document.h"

#include "source/mongodb/bson.h"

namespace exporter::mongodb {

namespace {

void add_null(Bson& document, std::string_view key) {
  bson_append_null(document.get(), key.data(), static_cast<int>(key.size()));
}

// An array of `count` values, or null when there are none; `append` adds the one at an index.
template <class Append>
void add_list(Bson& document, std::string_view key, std::size_t count, Append append) {
  if (count == 0) {
    add_null(document, key);
    return;
  }
  bson_t array;
  bson_append_array_begin(document.get(), key.data(), static_cast<int>(key.size()), &array);
  const char* index = nullptr;
  char digits[16];
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = bson_uint32_to_string(static_cast<std::uint32_t>(i), &index, digits, sizeof digits);
    append(array, index, static_cast<int>(size), i);
  }
  bson_append_array_end(document.get(), &array);
}

void add_overrides(Bson& document, std::string_view key, const std::optional<event::Overrides>& overrides) {
  if (overrides) {
    document.add(key, Bson().add("force", overrides->force).add("skip", overrides->skip));
  } else {
    add_null(document, key);
  }
}

Bson health_event(const event::HealthEvent& event) {
  Bson document;
  document.add("version", std::int64_t{event.version})
      .add("agent", event.agent)
      .add("componentclass", event.component_class)
      .add("checkname", event.check_name)
      .add("isfatal", event.is_fatal)
      .add("ishealthy", event.is_healthy)
      .add("message", event.message)
      .add("recommendedaction", event.recommended_action);
  add_list(document, "errorcode", event.error_codes.size(), [&](bson_t& array, const char* key, int size, auto i) {
    const std::string_view code = event.error_codes[i];
    bson_append_utf8(&array, key, size, code.data(), static_cast<int>(code.size()));
  });
  add_list(document, "entitiesimpacted", event.entities_impacted.size(),
           [&](bson_t& array, const char* key, int size, auto i) {
             const event::Entity& entity = event.entities_impacted[i];
             Bson pair;
             pair.add("entitytype", entity.type).add("entityvalue", entity.value);
             bson_append_document(&array, key, size, pair.get());
           });
  Bson metadata;
  for (const auto& [key, value] : event.metadata) {
    metadata.add(key, value);
  }
  document.add("metadata", metadata);
  if (event.generated_timestamp) {
    document.add(
        "generatedtimestamp",
        Bson().add("seconds", event.generated_timestamp->seconds).add("nanos", event.generated_timestamp->nanos));
  } else {
    add_null(document, "generatedtimestamp");
  }
  document.add("nodename", event.node_name);
  add_overrides(document, "quarantineoverrides", event.quarantine_overrides);
  add_overrides(document, "drainoverrides", event.drain_overrides);
  document.add("processingstrategy", event.processing_strategy)
      .add("id", event.id)
      .add("customrecommendedaction", event.custom_recommended_action);
  return document;
}

Bson empty_status(std::string_view span_id) {
  Bson status;
  status.add("nodequarantined", "");
  add_null(status, "quarantinefinishtimestamp");
  status.add("userpodsevictionstatus", Bson().add("status", "").add("message", ""));
  for (const std::string_view key : {"drainfinishtimestamp", "faultremediated", "lastremediationtimestamp"}) {
    add_null(status, key);
  }
  status.add("spanids", Bson().add("platform-connector", span_id));
  return status;
}

}  // namespace

std::string health_document(const event::HealthEvent& event, WallTime created_at) {
  Bson document;
  bson_oid_t id;
  bson_oid_init(&id, nullptr);
  bson_append_oid(document.get(), "_id", 3, &id);
  document.add_date("createdAt", std::chrono::floor<std::chrono::milliseconds>(created_at).time_since_epoch().count())
      .add("healthevent", health_event(event))
      .add("healtheventstatus", empty_status(event.platform_connector_span_id));
  return std::string(document.bytes());
}

}  // namespace exporter::mongodb
