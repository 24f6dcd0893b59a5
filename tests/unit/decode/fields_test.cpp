#include "decode/fields.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "decode/rfc3339.h"

namespace exporter::decode {
namespace {

TEST(FindField, TakesAnyLetterCase) {
  EXPECT_EQ(find_field("nodeName"), Field::node_name);
  EXPECT_EQ(find_field("nodename"), Field::node_name);
  EXPECT_EQ(find_field("NODENAME"), Field::node_name);
  EXPECT_EQ(find_field("id"), Field::id);
  EXPECT_EQ(find_field("customRecommendedAction"), Field::custom_recommended_action);
  EXPECT_EQ(find_field("isfatal"), Field::is_fatal);
  EXPECT_EQ(find_field("version"), Field::version);
}

TEST(FindField, KnowsOnlyItsOwn) {
  for (const auto name :
       {"", "node_name", "nodeName ", "i", "createdAt", "customRecommendedActionX", "\xc5\xbfomething"}) {
    EXPECT_EQ(find_field(name), Field::unknown) << name;
  }
}

TEST(FindField, TakesNoOtherByteForALetter) {
  const std::string name = "processingStrategy";
  for (std::size_t at = 0; at < name.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string other = name;
      other[at] = static_cast<char>(byte);
      EXPECT_EQ(find_field(other) == Field::processing_strategy, equals_ignoring_case(other, name)) << other;
    }
  }
}

TEST(Refuse, SaysWhere) {
  EXPECT_EQ(refuse({}, "why").value(), (Error{ErrorKind::rejected, "healthevent: why"}));
  EXPECT_EQ(refuse({Field::agent, Where::kNoIndex, {}}, "why").value().message, "healthevent.agent: why");
  EXPECT_EQ(refuse({Field::entities_impacted, 2, "entityType"}, "why").value().message,
            "healthevent.entitiesImpacted[2].entityType: why");
  EXPECT_EQ(refuse({Field::metadata, Where::kNoIndex, "a\nb"}, "why").value().message,
            "healthevent.metadata.\"a\\nb\": why");
}

TEST(Excerpt, IsBounded) {
  EXPECT_EQ(excerpt("short"), R"("short")");
  EXPECT_EQ(excerpt(std::string(65, 'x')), '"' + std::string(64, 'x') + "\"...");
}

TEST(IntegerFromText, TakesDigitsOnly) {
  EXPECT_EQ(integer_from_text("24"), 24);
  EXPECT_EQ(integer_from_text("-1"), -1);
  EXPECT_EQ(integer_from_text("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const auto text : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "one"}) {
    EXPECT_EQ(integer_from_text(text), std::nullopt) << text;
  }
}

TEST(IntegerFromDouble, TakesWholeNumbersInRange) {
  EXPECT_EQ(integer_from_double(24.0), 24);
  EXPECT_EQ(integer_from_double(-0.0), 0);
  EXPECT_EQ(integer_from_double(-9223372036854775808.0), std::numeric_limits<std::int64_t>::min());
  for (const double value :
       {0.5, 9223372036854775808.0, -9223372036854777856.0, 1e300, double{INFINITY}, double{NAN}}) {
    EXPECT_EQ(integer_from_double(value), std::nullopt) << value;
  }
}

TEST(StoreEnum, KnowsNamesAndDigits) {
  const auto action = [](std::string_view text) -> std::string {
    std::int32_t number = 7;
    const auto done = store_enum({Field::recommended_action, Where::kNoIndex, {}}, text, number);
    return done ? std::to_string(number) : done.error().message;
  };
  EXPECT_EQ(action("RESTART_BM"), "24");
  EXPECT_EQ(action("restart_bm"), "24");
  EXPECT_EQ(action("REMEDIATE"), "28") << "of some versions only";
  EXPECT_EQ(action("RESTART_APP"), "39") << "of some versions only";
  EXPECT_EQ(action("24"), "24");
  EXPECT_EQ(action("-3"), "-3");
  EXPECT_EQ(action("2147483648"), "healthevent.recommendedAction: 2147483648 is out of range");
  EXPECT_EQ(action("STORE_ONLY"), "healthevent.recommendedAction: \"STORE_ONLY\" is not a known name");
  EXPECT_EQ(action(""), "healthevent.recommendedAction: \"\" is not a known name");
  std::int32_t strategy = 0;
  ASSERT_TRUE(store_enum({Field::processing_strategy, Where::kNoIndex, {}}, "store_and_analyse", strategy));
  EXPECT_EQ(strategy, 3);
}

TEST(TimestampFromText, ReadsRfc3339) {
  using event::Timestamp;
  EXPECT_EQ(timestamp_from_text("2026-09-09T11:59:59Z"), (Timestamp{1788955199, 0}));
  EXPECT_EQ(timestamp_from_text("2026-09-09t11:59:59z"), (Timestamp{1788955199, 0}));
  EXPECT_EQ(timestamp_from_text("2026-09-09 11:59:59Z"), (Timestamp{1788955199, 0}));
  EXPECT_EQ(timestamp_from_text("2026-09-09T11:59:59.5Z"), (Timestamp{1788955199, 500'000'000}));
  EXPECT_EQ(timestamp_from_text("2026-09-09T11:59:59.9876543219Z"), (Timestamp{1788955199, 987'654'321}));
  EXPECT_EQ(timestamp_from_text("2026-09-09T13:29:59+01:30"), (Timestamp{1788955199, 0}));
  EXPECT_EQ(timestamp_from_text("2026-09-08T23:59:59-12:00"), (Timestamp{1788955199, 0}));
  EXPECT_EQ(timestamp_from_text("1969-12-31T23:59:59.25Z"), (Timestamp{-1, 250'000'000}));
  EXPECT_EQ(timestamp_from_text("0000-01-01T00:00:00Z"), (Timestamp{-62167219200, 0}));
  EXPECT_EQ(timestamp_from_text("2016-12-31T23:59:60Z"), (Timestamp{1483228800, 0}));
}

TEST(TimestampFromText, RefusesEverythingElse) {
  for (const auto text :
       {"", "yesterday", "2026-09-09", "2026-09-09T11:59:59", "2026-09-09T11:59Z", "2026-9-09T11:59:59Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-09-09T24:00:00Z",
        "2026-09-09T11:60:00Z", "2026-09-09T11:59:61Z", "2026-09-09T11:59:59.Z", "2026-09-09T11:59:59Zx",
        "2026-09-09T11:59:59+24:00", "2026-09-09T11:59:59+01:60", "2026-09-09T11:59:59+0100", "12026-09-09T11:59:59Z",
        "-026-09-09T11:59:59Z"}) {
    EXPECT_EQ(timestamp_from_text(text), std::nullopt) << text;
  }
}

TEST(KeepLastOfEachKey, KeepsTheLastWhateverTheNumber) {
  Pairs few = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"A", "4"}, {"a", "5"}};
  keep_last_of_each_key(few);
  EXPECT_EQ(few, (Pairs{{"b", "2"}, {"A", "4"}, {"a", "5"}}));

  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(std::to_string(i));
  }
  Pairs many;
  for (const auto value : {"old", "new"}) {
    for (const std::string& key : keys) {
      many.emplace_back(key, value);
    }
  }
  keep_last_of_each_key(many);
  ASSERT_EQ(many.size(), keys.size());
  for (const auto& [key, value] : many) {
    EXPECT_EQ(value, "new") << key;
  }
}

}  // namespace
}  // namespace exporter::decode
