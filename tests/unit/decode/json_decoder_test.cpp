#include "decode/json_decoder.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "event/raw_batch.h"

namespace exporter::decode {
namespace {

using Strings = std::vector<std::string_view>;
using Metadata = std::vector<std::pair<std::string_view, std::string_view>>;

// Keeps the documents, so that the events' views stay good.
class JsonDecoderTest : public ::testing::Test {
 protected:
  Result<event::HealthEvent> decode(std::string_view document) {
    batch_.clear();
    batch_.add("id", document, {});
    event::HealthEvent event;
    event.agent = "left over";
    event.metadata = {{"left", "over"}};
    if (auto done = decoder_.decode(batch_[0].document, event); !done) {
      return fail(done.error());
    }
    return event;
  }

  event::HealthEvent decode_fields(const std::string& fields) {
    auto event = decode(R"({"healthevent": {)" + fields + "}}");
    EXPECT_TRUE(event) << fields << ": " << (event ? "" : event.error().message);
    return event.value_or(event::HealthEvent());
  }

  std::string reason(std::string_view document) {
    const auto event = decode(document);
    if (event) {
      return "accepted";
    }
    EXPECT_EQ(event.error().kind, ErrorKind::rejected);
    return event.error().message;
  }

  std::string reason_of_fields(const std::string& fields) { return reason(R"({"healthevent": {)" + fields + "}}"); }

  JsonDecoder decoder_;
  event::RawBatch batch_;
};

TEST_F(JsonDecoderTest, ReadsEveryField) {
  const auto event = decode(R"({"createdAt": "2026-09-09T12:00:00Z", "RawEvent": null, "healthevent": {
      "version": 1, "agent": "syslog-health-monitor", "componentClass": "GPU", "checkName": "SysLogsXIDError",
      "isFatal": true, "isHealthy": true, "message": "XID 79", "recommendedAction": 24, "errorCode": ["79", "80"],
      "entitiesImpacted": [{"entityType": "PCI", "entityValue": "0000:17:00.0"}, {"entityType": "GPU"}],
      "metadata": {"trace_id": "4bf9", "b": null}, "generatedTimestamp": {"seconds": 1788955199, "nanos": 987654321},
      "nodeName": "gpu-node-42", "quarantineOverrides": {"force": true}, "drainOverrides": {"skip": true},
      "processingStrategy": 1, "id": "0d6a", "customRecommendedAction": "custom", "behaviourProfile": {"x": [1]}},
      "healtheventstatus": {"spanids": {"platform-connector": "00f067aa0ba902b7"}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->version, 1U);
  EXPECT_EQ(event->agent, "syslog-health-monitor");
  EXPECT_EQ(event->component_class, "GPU");
  EXPECT_EQ(event->check_name, "SysLogsXIDError");
  EXPECT_TRUE(event->is_fatal);
  EXPECT_TRUE(event->is_healthy);
  EXPECT_EQ(event->message, "XID 79");
  EXPECT_EQ(event->recommended_action, 24);
  EXPECT_EQ(event->error_codes, (Strings{"79", "80"}));
  ASSERT_EQ(event->entities_impacted.size(), 2U);
  EXPECT_EQ(event->entities_impacted[0].type, "PCI");
  EXPECT_EQ(event->entities_impacted[0].value, "0000:17:00.0");
  EXPECT_EQ(event->entities_impacted[1].type, "GPU");
  EXPECT_EQ(event->entities_impacted[1].value, "");
  EXPECT_EQ(event->metadata, (Metadata{{"trace_id", "4bf9"}, {"b", ""}}));
  EXPECT_EQ(event->generated_timestamp, (event::Timestamp{1788955199, 987654321}));
  EXPECT_EQ(event->node_name, "gpu-node-42");
  ASSERT_TRUE(event->quarantine_overrides);
  EXPECT_TRUE(event->quarantine_overrides->force);
  EXPECT_FALSE(event->quarantine_overrides->skip);
  ASSERT_TRUE(event->drain_overrides);
  EXPECT_FALSE(event->drain_overrides->force);
  EXPECT_TRUE(event->drain_overrides->skip);
  EXPECT_EQ(event->processing_strategy, 1);
  EXPECT_EQ(event->id, "0d6a");
  EXPECT_EQ(event->custom_recommended_action, "custom");
  EXPECT_EQ(event->platform_connector_span_id, "00f067aa0ba902b7");
}

TEST_F(JsonDecoderTest, TakesMissingAndNullAsZero) {
  for (const std::string fields :
       {"", R"("version": null, "agent": null, "isFatal": null, "recommendedAction": null, "errorCode": null,
        "entitiesImpacted": null, "metadata": null, "generatedTimestamp": null, "quarantineOverrides": null)"}) {
    const auto event = decode_fields(fields);
    EXPECT_EQ(event.version, 0U);
    EXPECT_EQ(event.agent, "") << "nothing is left over from the event before";
    EXPECT_FALSE(event.is_fatal);
    EXPECT_EQ(event.recommended_action, 0);
    EXPECT_EQ(event.error_codes, Strings());
    EXPECT_TRUE(event.entities_impacted.empty());
    EXPECT_EQ(event.metadata, Metadata());
    EXPECT_EQ(event.generated_timestamp, std::nullopt);
    EXPECT_FALSE(event.quarantine_overrides);
  }
}

TEST_F(JsonDecoderTest, MatchesKeysInAnyCaseOnEveryLevelAndLetsTheLastWin) {
  const auto event = decode(R"({"HEALTHEVENT": {"agent": "first"}, "healthEvent": {
      "nodename": "a", "NodeName": "b", "ERRORCODE": ["1"], "errorCode": [],
      "entitiesimpacted": [{"EntityType": "x", "entitytype": "y", "ENTITYVALUE": "z"}],
      "GENERATEDTIMESTAMP": {"Seconds": 5, "NANOS": 6, "nanos": 7}, "drainoverrides": {"FORCE": true},
      "metadata": {"k": "1", "K": "2", "k": "3"}},
      "HealthEventStatus": {"spanIds": {"platform-connector": "span"}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->agent, "") << "the later healthevent counts, alone";
  EXPECT_EQ(event->node_name, "b");
  EXPECT_EQ(event->error_codes, Strings());
  ASSERT_EQ(event->entities_impacted.size(), 1U);
  EXPECT_EQ(event->entities_impacted[0].type, "y");
  EXPECT_EQ(event->entities_impacted[0].value, "z");
  EXPECT_EQ(event->generated_timestamp, (event::Timestamp{5, 7}));
  ASSERT_TRUE(event->drain_overrides);
  EXPECT_TRUE(event->drain_overrides->force);
  EXPECT_EQ(event->metadata, (Metadata{{"K", "2"}, {"k", "3"}})) << "keys of the map are data: their case counts";
  EXPECT_EQ(event->platform_connector_span_id, "span");
}

TEST_F(JsonDecoderTest, TakesOddTypesWhoseMeaningIsPlain) {
  const auto event = decode_fields(R"("version": "1", "recommendedAction": "restart_bm", "processingStrategy": 2.0,
      "generatedTimestamp": "2026-09-09T11:59:59.5Z", "entitiesImpacted": [null, {"entityType": "GPU"}, null],
      "errorCode": [null])");
  EXPECT_EQ(event.version, 1U);
  EXPECT_EQ(event.recommended_action, 24);
  EXPECT_EQ(event.processing_strategy, 2);
  EXPECT_EQ(event.generated_timestamp, (event::Timestamp{1788955199, 500'000'000}));
  ASSERT_EQ(event.entities_impacted.size(), 1U);
  EXPECT_EQ(event.entities_impacted[0].type, "GPU");
  EXPECT_EQ(event.error_codes, Strings{""});
  EXPECT_EQ(decode_fields(R"("generatedTimestamp": {"seconds": "-5", "nanos": 1e3})").generated_timestamp,
            (event::Timestamp{-5, 1000}));
  EXPECT_EQ(decode_fields(R"("generatedTimestamp": {"$date": "2026-09-09T11:59:59Z"})").generated_timestamp,
            (event::Timestamp{0, 0}))
      << "an object without seconds is the epoch, as the incumbent has it";
}

TEST_F(JsonDecoderTest, RoundsIntegersBeyond2To53AsTheIncumbentDoes) {
  const auto seconds = [&](const std::string& text) {
    return decode_fields(R"("generatedTimestamp": {"seconds": )" + text + "}").generated_timestamp->seconds;
  };
  EXPECT_EQ(seconds("9007199254740991"), 9007199254740991);
  EXPECT_EQ(seconds("9007199254740993"), 9007199254740992);
  EXPECT_EQ(seconds("-9223372036854775808"), -9223372036854775807 - 1);
  EXPECT_EQ(seconds("9223372036854775807"), 9223372036854775807) << "rounded it would not fit";
}

TEST_F(JsonDecoderTest, RefusesWithTheFieldsPath) {
  EXPECT_EQ(reason_of_fields(R"("version": 1.5)"), "healthevent.version: must be a whole number in range, is 1.5");
  EXPECT_EQ(reason_of_fields(R"("version": "v1")"), "healthevent.version: must be a whole number, is a string");
  EXPECT_EQ(reason_of_fields(R"("version": 18446744073709551615)"),
            "healthevent.version: must be a whole number in range, is 18446744073709551615");
  EXPECT_EQ(reason_of_fields(R"("isFatal": 1)"), "healthevent.isFatal: must be true or false, is a number");
  EXPECT_EQ(reason_of_fields(R"("recommendedAction": [])"),
            "healthevent.recommendedAction: must be a whole number, is a list");
  EXPECT_EQ(reason_of_fields(R"("recommendedAction": "REBOOT")"),
            "healthevent.recommendedAction: \"REBOOT\" is not a known name");
  EXPECT_EQ(reason_of_fields(R"("errorCode": ["79", {}])"),
            "healthevent.errorCode[1]: must be a string, is an object");
  EXPECT_EQ(reason_of_fields(R"("entitiesImpacted": [null, 5])"),
            "healthevent.entitiesImpacted[1]: must be an object, is a number");
  EXPECT_EQ(reason_of_fields(R"("entitiesImpacted": [{}, {"entitytype": true}])"),
            "healthevent.entitiesImpacted[1].entityType: must be a string, is a boolean");
  EXPECT_EQ(reason_of_fields(R"("metadata": {"a": "b", "c": 1})"),
            "healthevent.metadata.\"c\": must be a string, is a number");
  EXPECT_EQ(reason_of_fields(R"("generatedTimestamp": "soon")"),
            "healthevent.generatedTimestamp: \"soon\" is not a time as in RFC 3339");
  EXPECT_EQ(reason_of_fields(R"("generatedTimestamp": {"nanos": 2147483648})"),
            "healthevent.generatedTimestamp.nanos: 2147483648 is out of range");
  EXPECT_EQ(reason_of_fields(R"("drainOverrides": {"skip": "yes"})"),
            "healthevent.drainOverrides.skip: must be true or false, is a string");
}

TEST_F(JsonDecoderTest, NeverFailsBecauseOfWhatIsNotExported) {
  for (const auto rest : {R"("createdAt": "yesterday")", R"("createdAt": {})", R"("healtheventstatus": null)",
                          R"("healtheventstatus": "x")", R"("healtheventstatus": [])",
                          R"("healtheventstatus": {"spanids": 5})", R"("healtheventstatus": {"spanids": null})",
                          R"("healtheventstatus": {"spanids": {"platform-connector": 5}})",
                          R"("healtheventstatus": {"spanids": {"Platform-Connector": "x"}})", R"("RawEvent": [{}])"}) {
    const auto event = decode(std::string(R"({"healthevent": {"agent": "a"}, )") + rest + "}");
    ASSERT_TRUE(event) << rest << ": " << event.error().message;
    EXPECT_EQ(event->agent, "a");
    EXPECT_EQ(event->platform_connector_span_id, "") << rest;
  }
}

TEST_F(JsonDecoderTest, RefusesWhatIsNoDocument) {
  EXPECT_EQ(reason("[]"), "the document must be an object, is a list");
  EXPECT_EQ(reason("null"), "the document must be an object, is null");
  EXPECT_EQ(reason("{}"), "the document has no healthevent");
  EXPECT_EQ(reason(R"({"healthevent": {}, "HealthEvent": null})"), "the document has no healthevent");
  EXPECT_EQ(reason(R"({"healthevent": 5})"), "healthevent: must be an object, is a number");
  for (const std::string document :
       {"", " ", "{", R"({"healthevent": {}} x)", R"({"healthevent": {},})", R"({"healthevent": {'a': 1}})",
        R"({"healthevent": {}, "n": 01})", "{\"healthevent\": {\"agent\": \"\xff\"}}",
        "{\"healthevent\": {\"agent\": \"a\nb\"}}", R"({"healthevent": {"agent": "\ud800"}})", "\x01\x02"}) {
    EXPECT_TRUE(reason(document).starts_with("the document is not valid JSON: ")) << document << reason(document);
  }
}

TEST_F(JsonDecoderTest, RefusesDepthBombs) {
  std::string bomb = R"({"healthevent": {"metadata": )";
  bomb.append(5'000'000, '[');
  EXPECT_TRUE(reason(bomb).starts_with("the document is not valid JSON: "));
  std::string closed = R"({"healthevent": {}, "deep": )";
  closed.append(100'000, '[').append(100'000, ']').append("}");
  EXPECT_TRUE(reason(closed).starts_with("the document is not valid JSON: "));
}

TEST_F(JsonDecoderTest, TakesADocumentOf16MiBAndGoesOnSmall) {
  const std::string big(16 << 20, 'x');
  EXPECT_EQ(decode_fields(R"("message": ")" + big + '"').message.size(), big.size());
  EXPECT_EQ(decode_fields(R"("message": "small")").message, "small");
}

TEST_F(JsonDecoderTest, TakesAMillionPairsWithTheSameKey) {
  std::string fields = R"("metadata": {"k": "first")";
  for (int i = 0; i < 1'000'000; ++i) {
    fields.append(R"(, "k": "x")");
  }
  EXPECT_EQ(decode_fields(fields + ", \"k\": \"last\"}").metadata, (Metadata{{"k", "last"}}));
}

TEST_F(JsonDecoderTest, UnescapesText) {
  EXPECT_EQ(decode_fields(R"("message": "\u00e9\ud83d\ude00\n\"\\\/\u0000")").message,
            std::string_view("\u00e9\U0001f600\n\"\\/\0", 11));
}

}  // namespace
}  // namespace exporter::decode
