#include "source/mongodb/cursor_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/bson_text.h"

namespace exporter::mongodb {
namespace {

using testing::bson_of;

constexpr std::uint32_t kOurs = 0x0000ABCD;

void expect_round_trip(const HistoryCursor& cursor) {
  const std::string text = to_text(cursor, kOurs);
  const auto read = parse_cursor(text, kOurs);
  ASSERT_TRUE(read) << text;
  EXPECT_EQ(read->from, cursor.from);
  EXPECT_EQ(read->id, cursor.id);
  EXPECT_EQ(read->to, cursor.to);
  EXPECT_EQ(read->until.seconds, cursor.until.seconds);
  EXPECT_EQ(read->until.increment, cursor.until.increment);
}

TEST(CursorText, GivesBackWhatWasWritten) {
  expect_round_trip({});
  expect_round_trip({.from = 1'788'955'200'123,
                     .id = bson_of(R"({"_id": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}})"),
                     .to = 1'788'955'200'999,
                     .until = {.seconds = 0x6B0146EB, .increment = 3}});
  expect_round_trip({.from = std::numeric_limits<std::int64_t>::min(),
                     .id = bson_of(R"({"_id": "a.b*"})"),
                     .to = std::numeric_limits<std::int64_t>::max(),
                     .until = {.seconds = 0xFFFFFFFF, .increment = 0xFFFFFFFF}});
}

TEST(CursorText, IsOneLineOfPlainText) {
  EXPECT_EQ(to_text({.from = -5, .id = {}, .to = 7, .until = {.seconds = 255, .increment = 16}}, kOurs),
            "0000abcd.-5.*.7.ff.10");
  EXPECT_EQ(to_text({.from = 1, .id = bson_of(R"({"_id": 5})"), .to = 2, .until = {}}, kOurs),
            "0000abcd.1.0e000000105f6964000500000000.2.0.0");
}

TEST(CursorText, OfAnotherCollectionIsRefused) { EXPECT_FALSE(parse_cursor(to_text({}, kOurs), kOurs + 1)); }

TEST(CursorText, AnythingElseIsRefused) {
  ASSERT_TRUE(parse_cursor("0000abcd.1.*.2.3.4", kOurs));
  for (const char* const text :
       {"", ".", ".....", "nonsense", "0000abcd", "0000abcd.1.*.2.3", "0000abcd.1.*.2.3.", "0000abcd.1.*.2.3.4.5",
        "0000abcd..*.2.3.4", "0000abcd.1..2.3.4", "x.1.*.2.3.4", "0000abcd.x.*.2.3.4", "0000abcd.1.*.x.3.4",
        "0000abcd.1.*.2.x.4", "0000abcd.1.*.2.3.x", "0000abcd.1 .*.2.3.4", " 0000abcd.1.*.2.3.4",
        "0000abcd.9223372036854775808.*.2.3.4", "0000abcd.1.*.2.100000000.4", "0000abcd.1.*.2.3.100000000",
        "0000abcd.1.*.2.-3.4",
        // The key: no hex, half a byte, no document, a document cut short, one of another name.
        "0000abcd.1.**.2.3.4", "0000abcd.1.zz.2.3.4", "0000abcd.1.0.2.3.4", "0000abcd.1.00.2.3.4",
        "0000abcd.1.0e000000105f69640005000000.2.3.4", "0000abcd.1.0500000000.2.3.4",
        "0000abcd.1.0c0000001061000500000000.2.3.4"}) {
    EXPECT_FALSE(parse_cursor(text, kOurs)) << text;
  }
}

}  // namespace
}  // namespace exporter::mongodb
