#include "decode/bson_decoder.h"
#include "recording.h"
#include "support/bson_text.h"

namespace exporter::golden {
namespace {

const std::map<std::string_view, Better> kBetter = {
    {"action-decimal",
     {R"("recommendedaction":{"$numberDecimal":"24"})", R"("recommendedaction":{"$numberInt":"24"})"}},
    {"action-number-string", {R"("recommendedaction":"24")", R"("recommendedaction":{"$numberInt":"24"})"}},
    {"strategy-name-string", {R"("processingstrategy":"STORE_ONLY")", R"("processingstrategy":{"$numberInt":"2"})"}},
    {"entities-null-element", {R"("entitiesimpacted":[null])", R"("entitiesimpacted":[])"}},
    {"entities-null-between", {R"(},null,{)", R"(},{)"}},
    {"time-seconds-string", {R"("seconds":"1788955199")", R"("seconds":{"$numberLong":"1788955199"})"}},
    {"time-date",
     {R"({"$date":{"$numberLong":"1788955199987"}})",
      R"({"seconds":{"$numberLong":"1788955199"},"nanos":{"$numberInt":"987000000"}})"}},
    {"time-bson-timestamp",
     {R"({"$timestamp":{"t":1788955199,"i":7}})", R"({"seconds":{"$numberLong":"1788955199"}})"}},
    {"time-string",
     {R"("2026-09-09T11:59:59.987654321Z")",
      R"({"seconds":{"$numberLong":"1788955199"},"nanos":{"$numberInt":"987654321"}})"}},
    // Its time is a date, as in time-date.
    {"camel-keys-action-name-date-time",
     {R"("recommendedAction":"RESTART_BM")", R"("recommendedAction":{"$numberInt":"24"})"}},
    {"created-timestamp-document",
     {R"("createdAt":{"seconds":{"$numberLong":"1788955200"},"nanos":{"$numberInt":"0"}})", R"("createdAt":null)"}},
    {"status-null", {R"("healtheventstatus":null)", R"("healtheventstatus":{})"}},
    {"status-array", {R"("healtheventstatus":[])", R"("healtheventstatus":{})"}},
    {"status-nodequarantined-bool", {R"("nodequarantined":false)", R"("nodequarantined":"")"}},
    {"status-lastremediation-date",
     {R"("lastremediationtimestamp":{"$date":{"$numberLong":"1788957000000"}})", R"("lastremediationtimestamp":null)"}},
    {"status-all-timestamps-date", {R"({"$date":{"$numberLong":"1788957000000"}})", R"(null)"}},
    {"status-timestamp-string",
     {R"("quarantinefinishtimestamp":"2026-09-09T12:00:00Z")", R"("quarantinefinishtimestamp":null)"}},
    {"status-eviction-string",
     {R"("userpodsevictionstatus":"NotStarted")", R"("userpodsevictionstatus":{"status":"NotStarted"})"}},
    {"status-spanids-int", {R"("platform-connector":{"$numberInt":"5"})", R"("platform-connector":"")"}},
    {"status-spanids-string", {R"("spanids":"00f067aa0ba902b7")", R"("spanids":{})"}},
};

const std::map<std::string_view, std::string_view> kRefused = {
    {"action-double-fraction", "healthevent.recommendedAction: must be a whole number in range, is 24.5"},
    {"action-double-inf", "healthevent.recommendedAction: must be a whole number in range, is inf"},
    {"action-array", "healthevent.recommendedAction: must be a whole number, is a list"},
    {"strategy-double-fraction", "healthevent.processingStrategy: must be a whole number in range, is 2.5"},
    {"errorcode-string", "healthevent.errorCode: must be a list, is a string"},
    {"errorcode-list-of-int", "healthevent.errorCode[0]: must be a string, is a number"},
    {"errorcode-list-of-list", "healthevent.errorCode[0]: must be a string, is a list"},
    {"errorcode-document", "healthevent.errorCode: must be a list, is an object"},
    {"errorcode-binary", "healthevent.errorCode: must be a list, is binary data"},
    {"entities-list-of-string", "healthevent.entitiesImpacted[0]: must be an object, is a string"},
    {"entities-value-int", "healthevent.entitiesImpacted[0].entityValue: must be a string, is a number"},
    {"entities-string", "healthevent.entitiesImpacted: must be a list, is a string"},
    {"metadata-string", "healthevent.metadata: must be an object, is a string"},
    {"metadata-array", "healthevent.metadata: must be an object, is a list"},
    {"metadata-array-empty", "healthevent.metadata: must be an object, is a list"},
    {"metadata-int", "healthevent.metadata: must be an object, is a number"},
    {"metadata-value-int", R"(healthevent.metadata."n": must be a string, is a number)"},
    {"metadata-value-bool", R"(healthevent.metadata."b": must be a string, is a boolean)"},
    {"metadata-value-document", R"(healthevent.metadata."d": must be a string, is an object)"},
    {"metadata-value-array", R"(healthevent.metadata."l": must be a string, is a list)"},
    {"metadata-value-date", R"(healthevent.metadata."d": must be a string, is a date)"},
    {"time-seconds-double-fraction",
     "healthevent.generatedTimestamp.seconds: must be a whole number in range, is 1788955199.5"},
    {"time-seconds-nan", "healthevent.generatedTimestamp.seconds: must be a whole number in range, is nan"},
    {"time-nanos-over-int32", "healthevent.generatedTimestamp.nanos: 2147483648 is out of range"},
    // Seconds or milliseconds? Nobody knows.
    {"time-int",
     "healthevent.generatedTimestamp: must be an object with seconds and nanos, or an RFC 3339 string, is a number"},
    {"time-array",
     "healthevent.generatedTimestamp: must be an object with seconds and nanos, or an RFC 3339 string, is a list"},
    {"custom-int", "healthevent.customRecommendedAction: must be a string, is a number"},
    {"overrides-string-fields", "healthevent.quarantineOverrides.force: must be true or false, is a string"},
    {"overrides-bool", "healthevent.quarantineOverrides: must be an object, is a boolean"},
    {"version-over-uint32", "healthevent.version: 4294967296 is out of range"},
    {"version-minus-1", "healthevent.version: -1 is out of range"},
    {"version-int64-max", "healthevent.version: 9223372036854775807 is out of range"},
    {"version-double-fraction", "healthevent.version: must be a whole number in range, is 1.5"},
    {"version-double-nan", "healthevent.version: must be a whole number in range, is nan"},
    {"version-double-minus-1", "healthevent.version: -1 is out of range"},
    {"version-int32-minus-1", "healthevent.version: -1 is out of range"},
    {"isfatal-string", "healthevent.isFatal: must be true or false, is a string"},
    {"ishealthy-string", "healthevent.isHealthy: must be true or false, is a string"},
    {"isfatal-document", "healthevent.isFatal: must be true or false, is an object"},
    {"message-int", "healthevent.message: must be a string, is a number"},
    {"message-array", "healthevent.message: must be a string, is a list"},
    {"message-double", "healthevent.message: must be a string, is a number"},
    {"message-code", "healthevent.message: must be a string, is code"},
    {"message-date", "healthevent.message: must be a string, is a date"},
    {"message-regex", "healthevent.message: must be a string, is a regular expression"},
    {"nodename-int", "healthevent.nodeName: must be a string, is a number"},
    {"componentclass-int", "healthevent.componentClass: must be a string, is a number"},
    {"id-int", "healthevent.id: must be a string, is a number"},
    {"healthevent-array", "healthevent: must be an object, is a list"},
    {"healthevent-int", "healthevent: must be an object, is a number"},
    {"healthevent-bool", "healthevent: must be an object, is a boolean"},
};

std::string from_base64(const std::string& base64) {
  const std::string holder =
      testing::bson_of(R"({"b": {"$binary": {"base64": ")" + base64 + R"(", "subType": "00"}}})");
  constexpr std::size_t kBefore = 4 + 3 + 4 + 1;  // the document's size, the element's type and key, size, subtype
  return holder.substr(kBefore, holder.size() - kBefore - 1);
}

std::string stored(const Case& one) {
  if (one.stored_bson_base64) {
    return from_base64(*one.stored_bson_base64);
  }
  return testing::bson_of(one.stored_text.value());
}

}  // namespace

Recording mongodb() {
  return {.name = "mongodb",
          .cases = 251,
          .exported = 180,
          .make_decoder = []() -> std::unique_ptr<decode::Decoder> { return std::make_unique<decode::BsonDecoder>(); },
          .stored = stored,
          .better = kBetter,
          .refused = kRefused,
          .no_documents = {}};
}

}  // namespace exporter::golden
