#include "decode/json_decoder.h"
#include "recording.h"

namespace exporter::golden {
namespace {

const std::map<std::string_view, Better> kBetter = {
    {"action-name-string", {R"("recommendedAction": "RESTART_BM")", R"("recommendedAction": 24)"}},
    {"action-number-string", {R"("recommendedAction": "24")", R"("recommendedAction": 24)"}},
    {"strategy-name-string", {R"("processingStrategy": "STORE_ONLY")", R"("processingStrategy": 2)"}},
    {"entities-null-element", {R"("entitiesImpacted": [null])", R"("entitiesImpacted": [])"}},
    {"time-seconds-string", {R"("seconds": "1788955199")", R"("seconds": 1788955199)"}},
    {"time-rfc3339-string", {R"("2026-09-09T11:59:59.987654321Z")", R"({"seconds": 1788955199, "nanos": 987654321})"}},
    {"version-string", {R"("version": "1")", R"("version": 1)"}},
    {"created-bad-string", {R"("createdAt": "yesterday")", R"("createdAt": null)"}},
    {"created-number", {R"("createdAt": 1788955200)", R"("createdAt": null)"}},
    {"status-null", {R"("healtheventstatus": null)", R"("healtheventstatus": {})"}},
    {"status-string", {R"("healtheventstatus": "x")", R"("healtheventstatus": {})"}},
    {"status-faultremediated-bool", {R"("faultremediated": true)", R"("faultremediated": {"value": true})"}},
};

const std::map<std::string_view, std::string_view> kRefused = {
    {"action-float-fraction", "healthevent.recommendedAction: must be a whole number in range, is 24.5"},
    {"action-bool", "healthevent.recommendedAction: must be a whole number, is a boolean"},
    {"errorcode-string", "healthevent.errorCode: must be a list, is a string"},
    {"errorcode-list-of-int", "healthevent.errorCode[0]: must be a string, is a number"},
    {"entities-value-int", "healthevent.entitiesImpacted[0].entityValue: must be a string, is a number"},
    {"metadata-value-object", R"(healthevent.metadata."o": must be a string, is an object)"},
    {"metadata-string", "healthevent.metadata: must be an object, is a string"},
    {"metadata-array", "healthevent.metadata: must be an object, is a list"},
    {"time-over-int64",
     "healthevent.generatedTimestamp.seconds: must be a whole number in range, is 9223372036854775808"},
    {"time-seconds-fraction",
     "healthevent.generatedTimestamp.seconds: must be a whole number in range, is 1788955199.5"},
    // Seconds or milliseconds? Nobody knows.
    {"time-number",
     "healthevent.generatedTimestamp: must be an object with seconds and nanos, or an RFC 3339 string, is a number"},
    {"custom-int", "healthevent.customRecommendedAction: must be a string, is a number"},
    {"overrides-bool", "healthevent.quarantineOverrides: must be an object, is a boolean"},
    {"overrides-int-field", "healthevent.quarantineOverrides.force: must be true or false, is a number"},
    {"version-over", "healthevent.version: 4294967296 is out of range"},
    {"version-minus-1", "healthevent.version: -1 is out of range"},
    {"version-fraction", "healthevent.version: must be a whole number in range, is 1.5"},
    {"message-int", "healthevent.message: must be a string, is a number"},
    {"nodename-int", "healthevent.nodeName: must be a string, is a number"},
    {"healthevent-null", "the document has no healthevent"},
    {"healthevent-missing", "the document has no healthevent"},
    {"healthevent-string", "healthevent: must be an object, is a string"},
    {"healthevent-array", "healthevent: must be an object, is a list"},
    {"document-null", "the document must be an object, is null"},
    {"document-array", "the document must be an object, is a list"},
    {"document-empty", "the document has no healthevent"},
};

// Rows put straight into the change log. What is a document is the source's question: a source hands the decoder only
// inserted rows of health_events, with whatever stands in their document column.
const std::map<std::string_view, std::string_view> kChangeLogRows = {
    {"changelog-new-values-null", "no row, so no document: the source gives `null`, which the decoder refuses"},
    {"changelog-document-as-string", "the document is a JSON string that holds JSON: refused as no object"},
    {"changelog-other-table", "not a health event: the source never reads it"},
};

}  // namespace

Recording postgresql() {
  return {.name = "postgresql",
          .cases = 115,
          .exported = 74,
          .make_decoder = []() -> std::unique_ptr<decode::Decoder> { return std::make_unique<decode::JsonDecoder>(); },
          .stored = [](const Case& one) { return one.stored_text.value(); },
          .better = kBetter,
          .refused = kRefused,
          .no_documents = kChangeLogRows};
}

}  // namespace exporter::golden
