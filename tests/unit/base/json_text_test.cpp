#include "base/json_text.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace exporter {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "before ";
  append_json_string(out, text);
  EXPECT_TRUE(out.starts_with("before ")) << "what was there is kept";
  return out.substr(7);
}

TEST(AppendJsonString, CopiesWhatNeedsNoEscape) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("XID 79 on 0000:17:00.0"), R"("XID 79 on 0000:17:00.0")");
  EXPECT_EQ(quoted("/\x7f'"), "\"/\x7f'\"");
  EXPECT_EQ(quoted("\u00e9 \u20ac \U0001f600 \uffff"), "\"\u00e9 \u20ac \U0001f600 \uffff\"");
}

TEST(AppendJsonString, EscapesAsGoDoes) {
  EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quoted("<&>"), R"("\u003c\u0026\u003e")");
  EXPECT_EQ(quoted("\u2027\u2028\u2029\u202a"), "\"\u2027\\u2028\\u2029\u202a\"");
  EXPECT_EQ(quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x01\x0b\x1f", 4)), R"("\u0000\u0001\u000b\u001f")");
}

TEST(AppendJsonString, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(quoted("a\xff" "b"), R"("a\ufffdb")");
  EXPECT_EQ(quoted("\x80\xbf"), R"("\ufffd\ufffd")") << "continuation bytes alone";
  EXPECT_EQ(quoted("\xc0\xaf"), R"("\ufffd\ufffd")") << "overlong, two bytes";
  EXPECT_EQ(quoted("\xe0\x9f\xbf"), R"("\ufffd\ufffd\ufffd")") << "overlong, three bytes";
  EXPECT_EQ(quoted("\xf0\x8f\xbf\xbf"), R"("\ufffd\ufffd\ufffd\ufffd")") << "overlong, four bytes";
  EXPECT_EQ(quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "a surrogate";
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "above U+10FFFF";
  EXPECT_EQ(quoted("\xe2\x82"), R"("\ufffd\ufffd")") << "cut short at the end";
  EXPECT_EQ(quoted("\xe2\x82x"), R"("\ufffd\ufffdx")") << "cut short by a letter";
  EXPECT_EQ(quoted("\xed\x9f\xbf\xf4\x8f\xbf\xbf\xf0\x90\x80\x80"),
            "\"\xed\x9f\xbf\xf4\x8f\xbf\xbf\xf0\x90\x80\x80\"") << "the last and first that are allowed";
}

}  // namespace
}  // namespace exporter
