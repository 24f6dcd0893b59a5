// What the incumbent did with stored documents, and what we do with the same ones.
//
// postgresql.jsonl, one case a line, was recorded from NVSentinel's event-exporter (August 2026) over a real
// PostgreSQL: `stored_text` is the column `document`, `raw` the body that it sent ("<id>" and "<time>" stand for the
// parts that are different each time), `backfill_raw` what it sent for the same document from its backfill when that
// was different, `outcome` is exported, skipped (it lost the event) or crashed (it died, and died again after a
// restart).
// `exported` is a contract. For every other case this file says what we do instead; none can pass unnamed.
#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "decode/json_decoder.h"
#include "event/raw_batch.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"
#include "transform/time_text.h"

namespace exporter {
namespace {

namespace dom = simdjson::dom;

struct Case {
  std::string name;
  std::string outcome;
  std::optional<std::string> stored_text;
  std::optional<std::string> raw;
  std::optional<std::string> backfill_raw;
};

std::optional<std::string> text_of(dom::element line, std::string_view key) {
  std::string_view text;
  return line[key].get(text) == simdjson::SUCCESS ? std::optional<std::string>(text) : std::nullopt;
}

std::vector<Case> load() {
  std::vector<Case> cases;
  std::ifstream file(EXPORTER_SOURCE_DIR "/tests/golden/postgresql.jsonl");
  dom::parser parser;
  for (std::string line; std::getline(file, line);) {
    dom::element parsed;
    EXPECT_EQ(parser.parse(line).get(parsed), simdjson::SUCCESS);
    cases.push_back({text_of(parsed, "case").value(), text_of(parsed, "outcome").value(),
                     text_of(parsed, "stored_text"), text_of(parsed, "raw"), text_of(parsed, "backfill_raw")});
  }
  return cases;
}

bool same(dom::element a, dom::element b);

bool same_array(dom::array a, dom::array b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same);
}

bool same_object(dom::object a, dom::object b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const dom::key_value_pair& pair) {
           dom::element other;
           return b[pair.key].get(other) == simdjson::SUCCESS && same(pair.value, other);
         });
}

// Equal as JSON: numbers by value, objects without order.
bool same(dom::element a, dom::element b) {
  if (a.is_number() && b.is_number()) {
    return double(a) == double(b);
  }
  if (a.type() != b.type()) {
    return false;
  }
  switch (a.type()) {
    case dom::element_type::ARRAY:
      return same_array(a, b);
    case dom::element_type::OBJECT:
      return same_object(a, b);
    case dom::element_type::STRING:
      return std::string_view(a) == std::string_view(b);
    case dom::element_type::BOOL:
      return bool(a) == bool(b);
    default:
      return true;  // two nulls
  }
}

bool same_json(const std::string& a, const std::string& b) {
  dom::parser left;
  dom::parser right;
  return same(left.parse(a), right.parse(b));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// 2026-09-10T08:00:00.5Z
constexpr WallTime kNow{std::chrono::seconds(1789027200) + std::chrono::milliseconds(500)};
constexpr std::string_view kNowText = "2026-09-10T08:00:00.5Z";
const event::EventId kId = transform::kIdNamespace;

class Golden : public ::testing::Test {
 protected:
  // The body for a stored document, or the reason of the refusal.
  Result<std::string> body_of(std::string_view document) {
    event::RawBatch batch;
    batch.add("id", document, {});
    event::HealthEvent event;
    if (auto decoded = decoder_.decode(batch[0].document, event); !decoded) {
      EXPECT_EQ(decoded.error().kind, ErrorKind::rejected);
      return fail(decoded.error());
    }
    std::string body;
    writer_.write(event, kId, kNow, body);
    return body;
  }

  static std::string filled_in(const std::string& raw) {
    return replaced(replaced(raw, "<id>", event::to_string(kId)), "<time>", kNowText);
  }

  const std::vector<Case> cases_ = load();

 private:
  decode::JsonDecoder decoder_;
  transform::CloudEventWriter writer_{{{{"cluster", "bench"}, {"environment", "test"}}}};
};

TEST_F(Golden, ExportsTheRecordedEventForEveryExportedCase) {
  std::size_t exported = 0;
  std::size_t byte_equal = 0;
  for (const Case& one : cases_) {
    if (one.outcome != "exported") {
      continue;
    }
    ++exported;
    const auto body = body_of(one.stored_text.value());
    ASSERT_TRUE(body) << one.name << ": " << body.error().message;
    const std::string expected = filled_in(one.raw.value());
    EXPECT_TRUE(same_json(*body, expected)) << one.name << "\n  ours:     " << *body << "\n  recorded: " << expected;
    byte_equal += *body == expected ? 1U : 0U;
  }
  EXPECT_EQ(exported, 74U);
  EXPECT_EQ(byte_equal, exported) << "the bytes are the same too, not only the JSON";
}

// Events that the incumbent lost or died of, and that we export, because what they mean is plain: we treat the document
// as if `written` in it were `meant`.
struct Better {
  std::string_view written;
  std::string_view meant;
};
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

TEST_F(Golden, ExportsWhatTheIncumbentLostWhereTheMeaningIsPlain) {
  std::set<std::string_view> seen;
  for (const Case& one : cases_) {
    const auto better = kBetter.find(one.name);
    if (better == kBetter.end()) {
      continue;
    }
    seen.insert(better->first);
    EXPECT_NE(one.outcome, "exported") << one.name;
    const std::string repaired = replaced(one.stored_text.value(), better->second.written, better->second.meant);
    EXPECT_NE(repaired, *one.stored_text) << one.name;
    const auto expected = body_of(repaired);
    ASSERT_TRUE(expected) << one.name << ": " << expected.error().message;
    EXPECT_EQ(body_of(*one.stored_text), expected) << one.name;
    if (one.backfill_raw) {
      EXPECT_EQ(*expected, filled_in(*one.backfill_raw)) << one.name << ": its backfill exported it";
    }
  }
  EXPECT_EQ(seen.size(), kBetter.size()) << "every named case is in the file";
}

// Documents whose meaning nobody can know: to the dead letters, with this reason.
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

TEST_F(Golden, RefusesTheRestWithAReason) {
  std::set<std::string_view> seen;
  for (const Case& one : cases_) {
    const auto refused = kRefused.find(one.name);
    if (refused == kRefused.end()) {
      continue;
    }
    seen.insert(refused->first);
    EXPECT_NE(one.outcome, "exported") << one.name;
    const auto body = body_of(one.stored_text.value());
    ASSERT_FALSE(body) << one.name;
    EXPECT_EQ(body.error().message, refused->second) << one.name;
  }
  EXPECT_EQ(seen.size(), kRefused.size()) << "every named case is in the file";
}

// Rows put straight into the change log. What is a document is the source's question: a source hands the decoder only
// inserted rows of health_events, with whatever stands in their document column.
const std::map<std::string_view, std::string_view> kChangeLogRows = {
    {"changelog-new-values-null", "no row, so no document: the source gives `null`, which the decoder refuses"},
    {"changelog-document-as-string", "the document is a JSON string that holds JSON: refused as no object"},
    {"changelog-other-table", "not a health event: the source never reads it"},
};

TEST_F(Golden, RefusesWhatAChangeLogRowHoldsInsteadOfADocument) {
  EXPECT_EQ(body_of("null").error().message, "the document must be an object, is null");
  EXPECT_EQ(body_of(R"("{\"healthevent\": {}}")").error().message, "the document must be an object, is a string");
}

TEST_F(Golden, AnswersForEveryCaseInTheFile) {
  for (const Case& one : cases_) {
    const auto named = kBetter.count(one.name) + kRefused.count(one.name) + kChangeLogRows.count(one.name);
    EXPECT_EQ(named, one.outcome == "exported" ? 0U : 1U) << one.name;
    EXPECT_EQ(one.stored_text.has_value(), kChangeLogRows.count(one.name) == 0) << one.name;
  }
  EXPECT_EQ(cases_.size(), 115U);
}

}  // namespace
}  // namespace exporter
