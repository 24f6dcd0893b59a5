#include "source/mongodb/bson.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/bson_text.h"

namespace exporter::mongodb {
namespace {

using testing::bson_of;

TEST(Bson, BuildsEveryTypeThatWeWrite) {
  const std::string inner = bson_of(R"({"x": 1})");
  const std::string other = bson_of(R"({"y": true})");
  const std::string source = bson_of(R"({"v": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}})");
  const Bson first(inner);
  const Bson second(other);
  Bson document;
  document.add("text", "t")
      .add("nothing", std::string_view())
      .add("small", std::int32_t{-5})
      .add("large", std::int64_t{1} << 40)
      .add("yes", true)
      .add("time", ClusterTime{.seconds = 7, .increment = 8})
      .add("document", first)
      .add("field", *find(source, "v"))
      .add_document("bytes", inner)
      .add_array("array", {&first, &second})
      .add_texts("texts", {"a", "b"})
      .add_date("date", 1'788'955'200'123)
      .add_all(second);
  EXPECT_EQ(document.bytes(), bson_of(R"({"text": "t", "nothing": "", "small": -5,
      "large": {"$numberLong": "1099511627776"}, "yes": true, "time": {"$timestamp": {"t": 7, "i": 8}},
      "document": {"x": 1}, "field": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}, "bytes": {"x": 1},
      "array": [{"x": 1}, {"y": true}], "texts": ["a", "b"],
      "date": {"$date": {"$numberLong": "1788955200123"}}, "y": true})"));
}

TEST(Bson, MovesAndLeavesAnEmptyDocument) {
  Bson first;
  first.add("a", std::int32_t{1});
  Bson second(std::move(first));
  EXPECT_EQ(second.bytes(), bson_of(R"({"a": 1})"));
  EXPECT_EQ(first.bytes(), bson_of("{}"));  // NOLINT(bugprone-use-after-move)
  first = std::move(second);
  EXPECT_EQ(first.bytes(), bson_of(R"({"a": 1})"));
  // Also a large one, which lies on the heap.
  Bson large;
  large.add("text", std::string(1000, 'x'));
  Bson target;
  target.add("text", std::string(2000, 'y'));
  target = std::move(large);
  EXPECT_EQ(find(target.bytes(), "text")->text(), std::string(1000, 'x'));
}

TEST(Field, GivesAValueOnlyAsItsOwnType) {
  const std::string document = bson_of(R"({"text": "t", "binary": {"$binary": {"base64": "AQI=", "subType": "00"}},
      "date": {"$date": {"$numberLong": "-5"}}, "time": {"$timestamp": {"t": 7, "i": 8}}, "null": null,
      "document": {"x": 1}, "array": [1]})");
  Fields fields(document);
  while (const auto field = fields.next()) {
    EXPECT_EQ(field->text().has_value(), field->key() == "text");
    EXPECT_EQ(field->binary().has_value(), field->key() == "binary");
    EXPECT_EQ(field->date().has_value(), field->key() == "date");
    EXPECT_EQ(field->cluster_time().has_value(), field->key() == "time");
    EXPECT_EQ(field->document().has_value(), field->key() == "document" || field->key() == "array");
    EXPECT_FALSE(field->integer().has_value());
  }
  EXPECT_EQ(find(document, "binary")->binary(), "\x01\x02");
  EXPECT_EQ(find(document, "date")->date(), -5);
  EXPECT_EQ(find(document, "time")->cluster_time()->increment, 8U);
}

TEST(Field, GivesWholeNumbersOfAllTypes) {
  const std::string document = bson_of(R"({"i": -5, "l": {"$numberLong": "9223372036854775807"},
      "d": {"$numberDouble": "5.0"}, "half": {"$numberDouble": "0.5"}, "huge": {"$numberDouble": "1e300"},
      "nan": {"$numberDouble": "NaN"}, "infinity": {"$numberDouble": "-Infinity"}, "yes": true})");
  EXPECT_EQ(find(document, "i")->integer(), -5);
  EXPECT_EQ(find(document, "l")->integer(), INT64_MAX);
  EXPECT_EQ(find(document, "d")->integer(), 5);
  for (const char* const key : {"half", "huge", "nan", "infinity", "yes"}) {
    EXPECT_EQ(find(document, key)->integer(), std::nullopt) << key;
  }
}

TEST(Find, FollowsAPathOfDocumentsAndArrays) {
  const std::string document = bson_of(R"({"a": {"b": [{"c": 5}]}, "x": 1})");
  EXPECT_EQ(find(document, {"a", "b", "0", "c"})->integer(), 5);
  EXPECT_FALSE(find(document, {"a", "c"}));
  EXPECT_FALSE(find(document, {"x", "b"}));
  EXPECT_FALSE(find(document, "b"));
}

TEST(Find, ThereIsNothingInBrokenBytes) {
  const std::string document = bson_of(R"({"a": "text", "b": 1})");
  EXPECT_FALSE(find("", "a"));
  for (std::size_t size = 0; size < document.size(); ++size) {
    EXPECT_FALSE(find(std::string_view(document).substr(0, size), "b")) << size;
    EXPECT_FALSE(is_document(std::string_view(document).substr(0, size))) << size;
  }
  EXPECT_TRUE(is_document(document));
}

}  // namespace
}  // namespace exporter::mongodb
