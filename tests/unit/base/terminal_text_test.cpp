#include "base/terminal_text.h"

#include <gtest/gtest.h>

#include "base/json_text.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

std::string shown(std::string_view text) {
  std::string out;
  append_for_terminal(out, text);
  return out;
}

TEST(TerminalText, LeavesWhatPeopleReadAsItIs) {
  EXPECT_EQ(shown("plain ~ \"text\" \\ <&>"), "plain ~ \"text\" \\ <&>");
  EXPECT_EQ(shown("é ✓ 漢 😀"), "é ✓ 漢 😀");
}

TEST(TerminalText, EscapesWhatATerminalActsOn) {
  EXPECT_EQ(shown("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(shown("\x1b[31mred\x1b[0m\x07"), "\\u001b[31mred\\u001b[0m\\u0007");
  EXPECT_EQ(shown(std::string_view("\0\x7f", 2)), "\\u0000\\u007f");
  EXPECT_EQ(shown("\xc2\x9b"
                  "2J\xc2\xa0"),
            "\\u009b2J\xc2\xa0");
}

TEST(TerminalText, EscapesWhatTurnsTheDirection) {
  EXPECT_EQ(shown("\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029"),
            "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069\\u2028\\u2029");
  EXPECT_EQ(shown("\u2027\u202f\u2065\u206a"), "\u2027\u202f\u2065\u206a");
}

TEST(TerminalText, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(shown("\xff\xc3("), "\\ufffd\\ufffd(");
  EXPECT_EQ(shown("\xe2\x80"), "\\ufffd\\ufffd");
}

TEST(TerminalText, KeepsTheMeaningOfJson) {
  std::string json;
  append_json_string(json, "\x7f\xc2\x9b\u202e\n\\");
  EXPECT_EQ(shown(json), R"("\u007f\u009b\u202e\n\\")");
}

TEST(ShortDuration, TakesTheUnitsThatPeopleRead) {
  EXPECT_EQ(short_duration(0ns), "0s");
  EXPECT_EQ(short_duration(999ns), "999ns");
  EXPECT_EQ(short_duration(1500ns), "1us");
  EXPECT_EQ(short_duration(250ms), "250ms");
  EXPECT_EQ(short_duration(1500ms), "1.5s");
  EXPECT_EQ(short_duration(10s), "10s");
  EXPECT_EQ(short_duration(9'999'900us), "9.999s");
  EXPECT_EQ(short_duration(59'999'900us), "59.9s");
  EXPECT_EQ(short_duration(60s), "1m");
  EXPECT_EQ(short_duration(125s), "2m5s");
  EXPECT_EQ(short_duration(3h + 10min + 5s), "3h10m");
  EXPECT_EQ(short_duration(98h), "4d2h");
  EXPECT_EQ(short_duration(-1500ms), "-1.5s");
  EXPECT_EQ(short_duration(Duration::min()), "-106751d23h");
}

}  // namespace
}  // namespace exporter
