#include "base/json_text.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace exporter {
namespace {

std::string as_json(std::string_view text) {
  std::string out = "before ";
  append_json_string(out, text);
  EXPECT_TRUE(out.starts_with("before ")) << "what was there is kept";
  return out.substr(7);
}

TEST(AppendJsonString, CopiesWhatNeedsNoEscape) {
  EXPECT_EQ(as_json(""), R"("")");
  EXPECT_EQ(as_json("XID 79 on 0000:17:00.0"), R"("XID 79 on 0000:17:00.0")");
  EXPECT_EQ(as_json("/\x7f'"), "\"/\x7f'\"");
  EXPECT_EQ(as_json("\u00e9 \u20ac \U0001f600 \uffff"), "\"\u00e9 \u20ac \U0001f600 \uffff\"");
}

TEST(AppendJsonString, EscapesAsGoDoes) {
  EXPECT_EQ(as_json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(as_json("<&>"), R"("\u003c\u0026\u003e")");
  EXPECT_EQ(as_json("\u2027\u2028\u2029\u202a"), "\"\u2027\\u2028\\u2029\u202a\"");
  EXPECT_EQ(as_json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(as_json(std::string_view("\0\x01\x0b\x1f", 4)), R"("\u0000\u0001\u000b\u001f")");
}

TEST(AppendJsonString, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(as_json("a\xff"
                    "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(as_json("\x80\xbf"), R"("\ufffd\ufffd")") << "continuation bytes alone";
  EXPECT_EQ(as_json("\xc0\xaf"), R"("\ufffd\ufffd")") << "overlong, two bytes";
  EXPECT_EQ(as_json("\xe0\x9f\xbf"), R"("\ufffd\ufffd\ufffd")") << "overlong, three bytes";
  EXPECT_EQ(as_json("\xf0\x8f\xbf\xbf"), R"("\ufffd\ufffd\ufffd\ufffd")") << "overlong, four bytes";
  EXPECT_EQ(as_json("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "a surrogate";
  EXPECT_EQ(as_json("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "above U+10FFFF";
  EXPECT_EQ(as_json("\xe2\x82"), R"("\ufffd\ufffd")") << "cut short at the end";
  EXPECT_EQ(as_json("\xe2\x82x"), R"("\ufffd\ufffdx")") << "cut short by a letter";
  EXPECT_EQ(as_json("\xed\x9f\xbf\xf4\x8f\xbf\xbf\xf0\x90\x80\x80"), "\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\xf0\x90\x80\x80\"")
      << "the last and first that are allowed";
}

TEST(AppendJsonString, FindsWhatToEscapeAtEveryPlace) {
  // Every byte at every place of a text long enough for whatever looks at several bytes at once.
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const std::string inner = as_json(one).substr(1, as_json(one).size() - 2);
    for (std::size_t place = 0; place <= 20; ++place) {
      const std::string before(place, 'a');
      const std::string behind(20 - place, '!');
      EXPECT_EQ(as_json(before + one + behind), '"' + before + inner + behind + '"') << byte << " at " << place;
    }
  }
}

TEST(JsonArray, QuotesEach) {
  EXPECT_EQ(json_array({}), "[]");
  EXPECT_EQ(json_array({"a", "say \"no\""}), R"(["a","say \"no\""])");
  EXPECT_EQ(json_string("\n"), R"("\n")");
}

}  // namespace
}  // namespace exporter
