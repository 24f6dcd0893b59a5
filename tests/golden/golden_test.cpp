// What the incumbent did with stored documents, and what we do with the same ones: recording.h.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "decode/json_decoder.h"
#include "event/raw_batch.h"
#include "recording.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"
#include "transform/time_text.h"

namespace exporter::golden {
namespace {

namespace dom = simdjson::dom;

std::optional<std::string> text_of(dom::element line, std::string_view key) {
  std::string_view text;
  return line[key].get(text) == simdjson::SUCCESS ? std::optional<std::string>(text) : std::nullopt;
}

std::vector<Case> load(std::string_view name) {
  std::vector<Case> cases;
  std::ifstream file(std::string(EXPORTER_SOURCE_DIR "/tests/golden/").append(name).append(".jsonl"));
  dom::parser parser;
  for (std::string line; std::getline(file, line);) {
    dom::element parsed;
    EXPECT_EQ(parser.parse(line).get(parsed), simdjson::SUCCESS);
    cases.push_back({text_of(parsed, "case").value(), text_of(parsed, "outcome").value(),
                     text_of(parsed, "stored_text"), text_of(parsed, "stored_bson_base64"), text_of(parsed, "raw"),
                     text_of(parsed, "backfill_raw")});
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

// The body for stored bytes, or the reason of the refusal.
class Exporter {
 public:
  explicit Exporter(std::unique_ptr<decode::Decoder> decoder) : decoder_(std::move(decoder)) {}

  Result<std::string> body_of(std::string_view document) {
    event::RawBatch batch;
    batch.add("id", document, {});
    event::HealthEvent event;
    if (auto decoded = decoder_->decode(batch[0].document, event); !decoded) {
      EXPECT_EQ(decoded.error().kind, ErrorKind::rejected);
      return fail(decoded.error());
    }
    std::string body;
    writer_.write(event, kId, kNow, body);
    dom::parser parser;
    EXPECT_EQ(parser.parse(body).error(), simdjson::SUCCESS) << body;
    return body;
  }

 private:
  std::unique_ptr<decode::Decoder> decoder_;
  transform::CloudEventWriter writer_{{{{"cluster", "bench"}, {"environment", "test"}}}};
};

class Golden : public ::testing::TestWithParam<Recording> {
 protected:
  Result<std::string> body_of(const Case& one) { return exporter_.body_of(GetParam().stored(one)); }

  static std::string filled_in(const std::string& raw) {
    return replaced(replaced(raw, "<id>", event::to_string(kId)), "<time>", kNowText);
  }

  const std::vector<Case> cases_ = load(GetParam().name);

 private:
  Exporter exporter_{GetParam().make_decoder()};
};

TEST_P(Golden, ExportsTheRecordedEventForEveryExportedCase) {
  std::size_t exported = 0;
  std::size_t byte_equal = 0;
  for (const Case& one : cases_) {
    if (one.outcome != "exported") {
      continue;
    }
    ++exported;
    const auto body = body_of(one);
    ASSERT_TRUE(body) << one.name << ": " << body.error().message;
    const std::string expected = filled_in(one.raw.value());
    EXPECT_TRUE(same_json(*body, expected)) << one.name << "\n  ours:     " << *body << "\n  recorded: " << expected;
    byte_equal += *body == expected ? 1U : 0U;
  }
  EXPECT_EQ(exported, GetParam().exported);
  EXPECT_EQ(byte_equal, exported) << "the bytes are the same too, not only the JSON";
}

TEST_P(Golden, ExportsWhatTheIncumbentLostWhereTheMeaningIsPlain) {
  std::set<std::string_view> seen;
  for (const Case& one : cases_) {
    const auto better = GetParam().better.find(one.name);
    if (better == GetParam().better.end()) {
      continue;
    }
    seen.insert(better->first);
    EXPECT_NE(one.outcome, "exported") << one.name;
    Case repaired = one;
    repaired.stored_text = replaced(one.stored_text.value(), better->second.written, better->second.meant);
    EXPECT_NE(repaired.stored_text, one.stored_text) << one.name;
    const auto expected = body_of(repaired);
    ASSERT_TRUE(expected) << one.name << ": " << expected.error().message;
    EXPECT_EQ(body_of(one), expected) << one.name;
    if (one.backfill_raw) {
      EXPECT_EQ(*expected, filled_in(*one.backfill_raw)) << one.name << ": its backfill exported it";
    }
  }
  EXPECT_EQ(seen.size(), GetParam().better.size()) << "every named case is in the file";
}

TEST_P(Golden, RefusesTheRestWithAReason) {
  std::set<std::string_view> seen;
  for (const Case& one : cases_) {
    const auto refused = GetParam().refused.find(one.name);
    if (refused == GetParam().refused.end()) {
      continue;
    }
    seen.insert(refused->first);
    EXPECT_NE(one.outcome, "exported") << one.name;
    const auto body = body_of(one);
    ASSERT_FALSE(body) << one.name;
    EXPECT_EQ(body.error().message, refused->second) << one.name;
  }
  EXPECT_EQ(seen.size(), GetParam().refused.size()) << "every named case is in the file";
}

TEST_P(Golden, AnswersForEveryCaseInTheFile) {
  for (const Case& one : cases_) {
    const auto no_document = GetParam().no_documents.count(one.name);
    const auto named = GetParam().better.count(one.name) + GetParam().refused.count(one.name) + no_document;
    EXPECT_EQ(named, one.outcome == "exported" ? 0U : 1U) << one.name;
    EXPECT_EQ(one.stored_text.has_value(), no_document == 0) << one.name;
  }
  EXPECT_EQ(cases_.size(), GetParam().cases);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Golden, ::testing::Values(postgresql(), mongodb()),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(GoldenChangeLog, RefusesWhatAChangeLogRowHoldsInsteadOfADocument) {
  Exporter exporter(std::make_unique<decode::JsonDecoder>());
  EXPECT_EQ(exporter.body_of("null").error().message, "the document must be an object, is null");
  EXPECT_EQ(exporter.body_of(R"("{\"healthevent\": {}}")").error().message,
            "the document must be an object, is a string");
}

}  // namespace
}  // namespace exporter::golden
