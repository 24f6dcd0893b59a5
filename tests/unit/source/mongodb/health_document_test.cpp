// The document that NVSentinel's platform connector stores, to the last type and the order of its keys.
#include "source/mongodb/health_document.h"

#include <gtest/gtest.h>

#include "decode/bson_decoder.h"
#include "source/mongodb/bson.h"
#include "support/bson_text.h"

namespace exporter::mongodb {
namespace {

using testing::bson_of;

constexpr WallTime kCreated{Duration(1'788'955'200'123'456'789)};

// The document without its key, which is new each time.
Bson without_key(const std::string& bytes) {
  Bson rest;
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->key() != "_id") {
      rest.add(field->key(), *field);
    }
  }
  return rest;
}

std::string json_of(const Bson& document) {
  char* const text = bson_as_canonical_extended_json(document.get(), nullptr);
  std::string json(text);
  bson_free(text);
  return json;
}

void expect_document(const event::HealthEvent& event, std::string_view expected) {
  const std::string bytes = health_document(event, kCreated);
  EXPECT_EQ(json_of(without_key(bytes)), json_of(Bson(bson_of(expected))));
}

event::HealthEvent full_event() {
  event::HealthEvent event;
  event.version = 1;
  event.agent = "syslog-health-monitor";
  event.component_class = "GPU";
  event.check_name = "SysLogsXIDError";
  event.is_fatal = true;
  event.message = "XID 79 on 0000:17:00.0";
  event.recommended_action = 24;
  event.processing_strategy = 1;
  event.error_codes = {"79", "80"};
  event.entities_impacted = {{"PCI", "0000:17:00.0"}, {"GPU_UUID", "GPU-11111111"}};
  event.metadata = {{"driverVersion", "570.86.15"}, {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}};
  event.generated_timestamp = event::Timestamp{.seconds = 1'788'955'199, .nanos = 987'654'321};
  event.node_name = "gpu-node-42";
  event.quarantine_overrides = event::Overrides{.force = true, .skip = false};
  event.drain_overrides = event::Overrides{.force = false, .skip = true};
  event.id = "0d6a2a2e-2f0b-4a55-8b9e-2f8f6c1d7b10";
  event.custom_recommended_action = "call";
  event.platform_connector_span_id = "00f067aa0ba902b7";
  return event;
}

TEST(HealthDocument, HasEveryKeyAndType) {
  expect_document(full_event(), R"({
    "createdAt": {"$date": {"$numberLong": "1788955200123"}},
    "healthevent": {
      "version": {"$numberLong": "1"}, "agent": "syslog-health-monitor", "componentclass": "GPU",
      "checkname": "SysLogsXIDError", "isfatal": true, "ishealthy": false, "message": "XID 79 on 0000:17:00.0",
      "recommendedaction": {"$numberInt": "24"}, "errorcode": ["79", "80"],
      "entitiesimpacted": [{"entitytype": "PCI", "entityvalue": "0000:17:00.0"},
                           {"entitytype": "GPU_UUID", "entityvalue": "GPU-11111111"}],
      "metadata": {"driverVersion": "570.86.15", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"},
      "generatedtimestamp": {"seconds": {"$numberLong": "1788955199"}, "nanos": {"$numberInt": "987654321"}},
      "nodename": "gpu-node-42", "quarantineoverrides": {"force": true, "skip": false},
      "drainoverrides": {"force": false, "skip": true}, "processingstrategy": {"$numberInt": "1"},
      "id": "0d6a2a2e-2f0b-4a55-8b9e-2f8f6c1d7b10", "customrecommendedaction": "call"},
    "healtheventstatus": {
      "nodequarantined": "", "quarantinefinishtimestamp": null,
      "userpodsevictionstatus": {"status": "", "message": ""}, "drainfinishtimestamp": null, "faultremediated": null,
      "lastremediationtimestamp": null, "spanids": {"platform-connector": "00f067aa0ba902b7"}}})");
}

TEST(HealthDocument, OfAnEmptyEventHasNullsForWhatIsNotThere) {
  expect_document({}, R"({
    "createdAt": {"$date": {"$numberLong": "1788955200123"}},
    "healthevent": {
      "version": {"$numberLong": "0"}, "agent": "", "componentclass": "", "checkname": "", "isfatal": false,
      "ishealthy": false, "message": "", "recommendedaction": {"$numberInt": "0"}, "errorcode": null,
      "entitiesimpacted": null, "metadata": {}, "generatedtimestamp": null, "nodename": "",
      "quarantineoverrides": null, "drainoverrides": null, "processingstrategy": {"$numberInt": "0"}, "id": "",
      "customrecommendedaction": ""},
    "healtheventstatus": {
      "nodequarantined": "", "quarantinefinishtimestamp": null,
      "userpodsevictionstatus": {"status": "", "message": ""}, "drainfinishtimestamp": null, "faultremediated": null,
      "lastremediationtimestamp": null, "spanids": {"platform-connector": ""}}})");
}

TEST(HealthDocument, BeginsWithAnObjectIdOfItsOwn) {
  const std::string first = health_document({}, kCreated);
  const std::string second = health_document({}, kCreated);
  const auto id = Fields(first).next();
  ASSERT_TRUE(id);
  EXPECT_EQ(id->key(), "_id");
  EXPECT_EQ(id->type(), BSON_TYPE_OID);
  EXPECT_NE(first, second);
}

TEST(HealthDocument, IsWhatTheDecoderReadsBack) {
  const event::HealthEvent event = full_event();
  const std::string bytes = health_document(event, kCreated);
  decode::BsonDecoder decoder;
  event::HealthEvent read;
  ASSERT_TRUE(decoder.decode(bytes, read));
  // The document of what was read is the same again, and so is every field but the key's.
  EXPECT_EQ(json_of(without_key(health_document(read, kCreated))), json_of(without_key(bytes)));
  EXPECT_EQ(read.platform_connector_span_id, event.platform_connector_span_id);
  EXPECT_EQ(read.generated_timestamp, event.generated_timestamp);
  EXPECT_EQ(read.error_codes, event.error_codes);
}

}  // namespace
}  // namespace exporter::mongodb
