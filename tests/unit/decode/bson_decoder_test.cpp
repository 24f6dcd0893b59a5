#include "decode/bson_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/bson_text.h"

namespace exporter::decode {
namespace {

using testing::bson_of;
using testing::document_of;
using testing::element;
using testing::size_of;
using testing::text_of;
using Strings = std::vector<std::string_view>;
using Metadata = std::vector<std::pair<std::string_view, std::string_view>>;

std::string event_of(const std::string& elements) {
  return document_of(element('\x03', "healthevent", document_of(elements)));
}

// As the platform connector writes it.
const std::string kDocument = bson_of(R"({"_id": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"},
    "createdAt": {"$date": {"$numberLong": "1788955200123"}}, "healthevent": {
      "version": {"$numberLong": "1"}, "agent": "syslog-health-monitor", "componentclass": "GPU",
      "checkname": "SysLogsXIDError", "isfatal": true, "ishealthy": true, "message": "XID 79",
      "recommendedaction": 24, "errorcode": ["79", "80"],
      "entitiesimpacted": [{"entitytype": "PCI", "entityvalue": "0000:17:00.0"}, {"entitytype": "GPU"}],
      "metadata": {"trace_id": "4bf9", "b": null},
      "generatedtimestamp": {"seconds": {"$numberLong": "1788955199"}, "nanos": 987654321},
      "nodename": "gpu-node-42", "quarantineoverrides": {"force": true}, "drainoverrides": {"skip": true},
      "processingstrategy": 1, "id": "0d6a", "customrecommendedaction": "custom", "behaviourprofile": {"x": [1]}},
    "healtheventstatus": {"nodequarantined": "", "faultremediated": null,
      "spanids": {"platform-connector": "00f067aa0ba902b7"}}})");

// Keeps the document, without one byte behind it, so that the address sanitizer sees each look beyond it.
class BsonDecoderTest : public ::testing::Test {
 protected:
  Result<event::HealthEvent> decode(std::string_view document) {
    document_ = std::make_unique<char[]>(document.size());
    std::memcpy(document_.get(), document.data(), document.size());
    event::HealthEvent event;
    event.agent = "left over";
    event.metadata = {{"left", "over"}};
    if (auto done = decoder_.decode({document_.get(), document.size()}, event); !done) {
      return fail(done.error());
    }
    return event;
  }

  event::HealthEvent decode_fields(const std::string& fields) {
    auto event = decode(bson_of(R"({"healthevent": {)" + fields + "}}"));
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

  std::string reason_of_fields(const std::string& fields) {
    return reason(bson_of(R"({"healthevent": {)" + fields + "}}"));
  }

  BsonDecoder decoder_;
  std::unique_ptr<char[]> document_;
};

// Reads each byte that the event points to; the sum, so that nobody leaves it out.
std::size_t touch(const event::HealthEvent& event) {
  std::size_t sum = 0;
  const auto read = [&sum](std::string_view text) {
    sum += static_cast<std::size_t>(std::count(text.begin(), text.end(), 'x'));
  };
  for (const auto text : {event.agent, event.component_class, event.check_name, event.message, event.node_name,
                          event.id, event.custom_recommended_action, event.platform_connector_span_id}) {
    read(text);
  }
  std::for_each(event.error_codes.begin(), event.error_codes.end(), read);
  for (const event::Entity& entity : event.entities_impacted) {
    read(entity.type);
    read(entity.value);
  }
  for (const auto& [key, value] : event.metadata) {
    read(key);
    read(value);
  }
  return sum;
}

TEST_F(BsonDecoderTest, ReadsEveryField) {
  const auto event = decode(kDocument);
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

TEST_F(BsonDecoderTest, TakesMissingNullAndUndefinedAsZero) {
  const auto all = [](const std::string& value) {
    std::string fields;
    for (const std::string name : {"version", "agent", "isfatal", "recommendedaction", "errorcode", "entitiesimpacted",
                                   "metadata", "generatedtimestamp", "quarantineoverrides"}) {
      fields.append(fields.empty() ? "" : ", ").append("\"" + name + "\": ").append(value);
    }
    return fields;
  };
  for (const std::string& fields : {std::string(), all("null"), all(R"({"$undefined": true})")}) {
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

TEST_F(BsonDecoderTest, MatchesKeysInAnyCaseAndLetsTheLastWin) {
  const auto event = decode(bson_of(R"({"HEALTHEVENT": {"agent": "first"}, "healthEvent": {
      "nodename": "a", "NodeName": "b", "ERRORCODE": ["1"], "errorCode": [],
      "entitiesImpacted": [{"EntityType": "x", "entitytype": "y", "ENTITYVALUE": "z"}],
      "generatedTimestamp": {"Seconds": 5, "NANOS": 6, "nanos": 7}, "metadata": {"k": "1", "K": "2"}},
      "HealthEventStatus": {"spanIds": {"platform-connector": "span"}}})"));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->agent, "") << "the later healthevent counts, alone";
  EXPECT_EQ(event->node_name, "b");
  EXPECT_EQ(event->error_codes, Strings());
  ASSERT_EQ(event->entities_impacted.size(), 1U);
  EXPECT_EQ(event->entities_impacted[0].type, "y");
  EXPECT_EQ(event->entities_impacted[0].value, "z");
  EXPECT_EQ(event->generated_timestamp, (event::Timestamp{5, 7}));
  EXPECT_EQ(event->metadata, (Metadata{{"k", "1"}, {"K", "2"}})) << "keys of the map are data: their case counts";
  EXPECT_EQ(event->platform_connector_span_id, "span");

  const std::string twice = element('\x02', "k", text_of("1")) + element('\x02', "k", text_of("2"));
  EXPECT_EQ(decode(event_of(element('\x03', "metadata", document_of(twice)))).value().metadata, (Metadata{{"k", "2"}}));
}

TEST_F(BsonDecoderTest, TakesNumbersOfEveryType) {
  for (const std::string one : {R"(1)", R"({"$numberLong": "1"})", R"({"$numberDouble": "1.0"})", R"("1")", "true",
                                R"({"$numberDecimal": "1"})", R"({"$numberDecimal": "1.00"})"}) {
    const auto event = decode_fields("\"version\": " + one + ", \"recommendedaction\": " + one);
    EXPECT_EQ(event.version, 1U) << one;
    EXPECT_EQ(event.recommended_action, 1) << one;
  }
  EXPECT_EQ(decode_fields(R"("generatedtimestamp": {"seconds": {"$numberLong": "9223372036854775807"}})")
                .generated_timestamp->seconds,
            9223372036854775807)
      << "nothing is rounded, unlike in JSON";
}

TEST_F(BsonDecoderTest, TakesNumbersForBooleans) {
  for (const std::string yes : {"1", "-1", R"({"$numberLong": "4294967296"})", R"({"$numberDouble": "0.5"})"}) {
    EXPECT_TRUE(decode_fields("\"isfatal\": " + yes).is_fatal) << yes;
  }
  for (const std::string no : {"0", R"({"$numberLong": "0"})", R"({"$numberDouble": "-0.0"})"}) {
    EXPECT_FALSE(decode_fields("\"isfatal\": " + no).is_fatal) << no;
  }
}

TEST_F(BsonDecoderTest, TakesDatesTimestampsAndTextForTimes) {
  const auto time = [this](const std::string& value) {
    return decode_fields("\"generatedtimestamp\": " + value).generated_timestamp.value_or(event::Timestamp{-1, -1});
  };
  EXPECT_EQ(time(R"({"$date": {"$numberLong": "1788955199987"}})"), (event::Timestamp{1788955199, 987'000'000}));
  EXPECT_EQ(time(R"({"$date": {"$numberLong": "-1"}})"), (event::Timestamp{-1, 999'000'000}));
  EXPECT_EQ(time(R"({"$date": {"$numberLong": "-2000"}})"), (event::Timestamp{-2, 0}));
  EXPECT_EQ(time(R"({"$date": {"$numberLong": "-9223372036854775808"}})"),
            (event::Timestamp{-9223372036854776, 192'000'000}));
  EXPECT_EQ(time(R"({"$timestamp": {"t": 4294967295, "i": 7}})"), (event::Timestamp{4294967295, 0}));
  EXPECT_EQ(time(R"("2026-09-09T11:59:59.5Z")"), (event::Timestamp{1788955199, 500'000'000}));
  EXPECT_EQ(time("{}"), (event::Timestamp{0, 0})) << "an object without seconds is the epoch, as the incumbent has it";
}

TEST_F(BsonDecoderTest, TakesForTextWhatTheIncumbentTakes) {
  const auto event = decode_fields(R"("message": {"$binary": {"base64": "Ynl0ZXM=", "subType": "00"}},
      "nodename": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}, "agent": {"$symbol": "symbol"},
      "errorcode": ["79", null, {"$oid": "000000000000000000000000"}],
      "entitiesimpacted": [null, {"entitytype": {"$oid": "ffffffffffffffffffffffff"}}])");
  EXPECT_EQ(event.message, "bytes");
  EXPECT_EQ(event.node_name, "68c17a3f5b0e4c2d9a7f1e01");
  EXPECT_EQ(event.agent, "symbol");
  EXPECT_EQ(event.error_codes, (Strings{"79", "", "000000000000000000000000"}));
  ASSERT_EQ(event.entities_impacted.size(), 1U) << "a null names no entity";
  EXPECT_EQ(event.entities_impacted[0].type, "ffffffffffffffffffffffff");
  // Subtype 2 has its size a second time, inside.
  EXPECT_EQ(decode(event_of(element('\x05', "message", size_of(9) + '\x02' + size_of(5) + "bytes"))).value().message,
            "bytes");
}

TEST_F(BsonDecoderTest, HandsTextOnAsItIs) {
  const std::string_view text("a\0b\xff\xed\xa0\x80", 7);
  const auto event =
      decode(event_of(element('\x02', "message", text_of(text)) +
                      element('\x03', "metadata", document_of(element('\x02', "k\xff", text_of(text))))));
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->message, text);
  EXPECT_EQ(event->metadata, (Metadata{{"k\xff", text}}));
}

TEST_F(BsonDecoderTest, RefusesWithTheFieldsPath) {
  EXPECT_EQ(reason_of_fields(R"("version": {"$numberDouble": "1.5"})"),
            "healthevent.version: must be a whole number in range, is 1.5");
  EXPECT_EQ(reason_of_fields(R"("version": {"$numberDouble": "-Infinity"})"),
            "healthevent.version: must be a whole number in range, is -inf");
  EXPECT_EQ(reason_of_fields(R"("version": {"$numberDecimal": "1.5"})"),
            "healthevent.version: must be a whole number in range, is 1.5");
  EXPECT_EQ(reason_of_fields(R"("version": {"$numberDecimal": "NaN"})"),
            "healthevent.version: must be a whole number in range, is NaN");
  EXPECT_EQ(reason_of_fields(R"("version": {"$numberLong": "4294967296"})"),
            "healthevent.version: 4294967296 is out of range");
  EXPECT_EQ(reason_of_fields(R"("version": "v1")"), "healthevent.version: must be a whole number, is a string");
  EXPECT_EQ(reason_of_fields(R"("version": {"$date": {"$numberLong": "1"}})"),
            "healthevent.version: must be a whole number, is a date");
  EXPECT_EQ(reason_of_fields(R"("isfatal": "true")"), "healthevent.isFatal: must be true or false, is a string");
  EXPECT_EQ(reason_of_fields(R"("isfatal": {"$numberDecimal": "1"})"),
            "healthevent.isFatal: must be true or false, is a number");
  EXPECT_EQ(reason_of_fields(R"("recommendedaction": "REBOOT")"),
            "healthevent.recommendedAction: \"REBOOT\" is not a known name");
  EXPECT_EQ(reason_of_fields(R"("errorcode": ["79", {}])"), "healthevent.errorCode[1]: must be a string, is an object");
  EXPECT_EQ(reason_of_fields(R"("entitiesimpacted": [{}, {"entitytype": 5}])"),
            "healthevent.entitiesImpacted[1].entityType: must be a string, is a number");
  EXPECT_EQ(reason_of_fields(R"("metadata": {"a": "b", "c": 1})"),
            "healthevent.metadata.\"c\": must be a string, is a number");
  EXPECT_EQ(reason_of_fields(R"("generatedtimestamp": "soon")"),
            "healthevent.generatedTimestamp: \"soon\" is not a time as in RFC 3339");
  EXPECT_EQ(reason_of_fields(R"("drainoverrides": {"skip": "yes"})"),
            "healthevent.drainOverrides.skip: must be true or false, is a string");
}

TEST_F(BsonDecoderTest, NamesEveryTypeThatItRefuses) {
  const auto refused = [this](const std::string& value) {
    const std::string before = "healthevent.message: must be a string, is ";
    const std::string why = reason_of_fields("\"message\": " + value);
    return why.starts_with(before) ? why.substr(before.size()) : "not refused: " + why;
  };
  EXPECT_EQ(refused("[]"), "a list");
  EXPECT_EQ(refused("{}"), "an object");
  EXPECT_EQ(refused("false"), "a boolean");
  EXPECT_EQ(refused("5"), "a number");
  EXPECT_EQ(refused(R"({"$numberLong": "5"})"), "a number");
  EXPECT_EQ(refused(R"({"$numberDouble": "5.5"})"), "a number");
  EXPECT_EQ(refused(R"({"$numberDecimal": "5"})"), "a number");
  EXPECT_EQ(refused(R"({"$date": {"$numberLong": "5"}})"), "a date");
  EXPECT_EQ(refused(R"({"$timestamp": {"t": 1, "i": 1}})"), "a timestamp");
  EXPECT_EQ(refused(R"({"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}})"), "binary data");
  EXPECT_EQ(refused(R"({"$regularExpression": {"pattern": "a", "options": ""}})"), "a regular expression");
  EXPECT_EQ(refused(R"({"$code": "f"
})"),
            "code");
  EXPECT_EQ(refused(R"({"$code": "f", "$scope": {}
})"),
            "code");
  EXPECT_EQ(refused(R"({"$dbPointer": {"$ref": "c", "$id": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}}})"), "a DBPointer");
  EXPECT_EQ(refused(R"({"$minKey": 1})"), "a MinKey or MaxKey");
  EXPECT_EQ(refused(R"({"$maxKey": 1})"), "a MinKey or MaxKey");
}

TEST_F(BsonDecoderTest, NeverFailsBecauseOfWhatIsNotExported) {
  for (const std::string rest :
       {R"("createdAt": "yesterday")", R"("createdAt": {})", R"("healtheventstatus": null)",
        R"("healtheventstatus": "x")", R"("healtheventstatus": [])", R"("healtheventstatus": {"spanids": 5})",
        R"("healtheventstatus": {"spanids": null})", R"("healtheventstatus": {"spanids": {"platform-connector": 5}})",
        R"("healtheventstatus": {"spanids": {"Platform-Connector": "x"}})", R"("other": [{}])"}) {
    const auto event = decode(bson_of(R"({"healthevent": {"agent": "a"}, )" + rest + "}"));
    ASSERT_TRUE(event) << rest << ": " << event.error().message;
    EXPECT_EQ(event->agent, "a");
    EXPECT_EQ(event->platform_connector_span_id, "") << rest;
  }
  const std::string broken = document_of(element('\x42', "?", ""));
  EXPECT_EQ(reason(document_of(element('\x03', "healthevent", document_of("")) +
                               element('\x03', "healtheventstatus", broken))),
            "accepted")
      << "what is inside the status is not looked at";
}

TEST_F(BsonDecoderTest, RefusesWhatIsNoDocument) {
  EXPECT_EQ(reason(bson_of("{}")), "the document has no healthevent");
  EXPECT_EQ(reason(bson_of(R"({"healthevent": {}, "HealthEvent": null})")), "the document has no healthevent");
  EXPECT_EQ(reason(bson_of(R"({"healthevent": {"$undefined": true}})")), "the document has no healthevent");
  EXPECT_EQ(reason(bson_of(R"({"healthevent": 5})")), "healthevent: must be an object, is a number");
  EXPECT_EQ(reason(bson_of(R"({"healthevent": []})")), "healthevent: must be an object, is a list");
  for (const std::string& document :
       {std::string(), std::string(4, '\0'), std::string(5, '\0'), kDocument + '\0',
        std::string("{\"healthevent\": {}}"), document_of("\x42?"), document_of(element('\x42', "?", "")),
        document_of(element('\x10', "i", "123"))}) {
    EXPECT_EQ(reason(document), "the document is not valid BSON");
  }
}

TEST_F(BsonDecoderTest, NamesTheBrokenPart) {
  const std::string broken = document_of(element('\x42', "?", ""));
  const std::string ends_early = document_of(element('\x0a', "a", "").substr(0, 2));  // its key takes the closing NUL
  EXPECT_EQ(reason(event_of(element('\x42', "?", ""))), "healthevent: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x03', "metadata", broken))), "healthevent.metadata: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x03', "metadata", ends_early))), "healthevent.metadata: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x03', "metadata", size_of(0)))), "healthevent.metadata: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x04', "errorcode", broken))), "healthevent.errorCode: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x03', "generatedtimestamp", broken))),
            "healthevent.generatedTimestamp: is not valid BSON");
  EXPECT_EQ(reason(event_of(element('\x04', "entitiesimpacted", document_of(element('\x03', "0", broken))))),
            "healthevent.entitiesImpacted[0]: is not valid BSON");
}

TEST_F(BsonDecoderTest, RefusesADocumentCutAtAnyByte) {
  for (std::size_t size = 0; size < kDocument.size(); ++size) {
    EXPECT_EQ(reason(kDocument.substr(0, size)), "the document is not valid BSON") << size;
    if (size >= 4) {  // a header that says the same
      EXPECT_NE(reason(size_of(size) + kDocument.substr(4, size - 4)), "accepted") << size;
    }
  }
}

TEST_F(BsonDecoderTest, SurvivesEveryWrongByte) {
  std::size_t accepted = 0;
  std::size_t sum = 0;
  for (std::size_t at = 0; at < kDocument.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string document = kDocument;
      document[at] = static_cast<char>(byte);
      if (const auto event = decode(document)) {
        ++accepted;
        sum += touch(*event);
      } else {
        EXPECT_EQ(event.error().kind, ErrorKind::rejected);
        EXPECT_FALSE(event.error().message.empty());
      }
    }
  }
  EXPECT_GT(accepted, kDocument.size()) << "each byte's own value at least";
  EXPECT_GT(sum, 0U);
}

TEST_F(BsonDecoderTest, StepsOverDepth) {
  std::string deep = document_of("");
  for (int level = 0; level < 2'000; ++level) {
    deep = document_of(element('\x03', "d", deep));
  }
  EXPECT_EQ(reason(document_of(element('\x03', "deep", deep) + element('\x03', "healthevent", document_of("")))),
            "accepted");
  EXPECT_EQ(reason(event_of(element('\x03', "behaviourprofile", deep))), "accepted");
  EXPECT_EQ(reason(event_of(element('\x03', "metadata", deep))),
            "healthevent.metadata.\"d\": must be a string, is an object");
}

TEST_F(BsonDecoderTest, TakesADocumentOf16MiBAndGoesOnSmall) {
  const std::string big(16 << 20, 'x');
  EXPECT_EQ(decode(event_of(element('\x02', "message", text_of(big)))).value().message, big);
  EXPECT_EQ(decode_fields(R"("message": "small")").message, "small");
}

}  // namespace
}  // namespace exporter::decode
