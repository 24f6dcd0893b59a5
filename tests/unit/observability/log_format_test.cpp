#include "observability/log_format.h"

#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace exporter::log {
namespace {

using namespace std::chrono_literals;

// 2026-11-21T07:26:02Z
constexpr WallTime kNow{1795245962s};

std::string json(Level level, std::string_view message, Fields fields, WallTime now = kNow,
                 std::uint64_t left_out = 0) {
  return format_json(level, message, fields, {.now = now, .left_out = left_out});
}

TEST(LogJson, WritesTheLayoutOfSlog) {
  EXPECT_EQ(json(Level::info, "OIDC token provider initialized", {{"tokenURL", "http://h/token"}, {"workers", 1}},
                 kNow + 467853476ns),
            R"({"time":"2026-11-21T07:26:02.467853476Z","level":"INFO","msg":"OIDC token provider initialized",)"
            R"("module":"event-exporter","version":"dev","tokenURL":"http://h/token","workers":1})");
}

TEST(LogJson, WritesEachKindOfValue) {
  const std::string line = json(Level::warn, "m",
                                {{"s", std::string("a\"b\n")},
                                 {"i", std::int64_t{-5}},
                                 {"u", std::numeric_limits<std::uint64_t>::max()},
                                 {"d", 1.5},
                                 {"whole", 2.0},
                                 {"nan", std::numeric_limits<double>::infinity()},
                                 {"b", true},
                                 {"wait", Duration(1500ms)},
                                 {"error", Error{ErrorKind::transient, "no route"}}},
                                kNow);
  EXPECT_EQ(line,
            R"({"time":"2026-11-21T07:26:02Z","level":"WARN","msg":"m","module":"event-exporter","version":"dev",)"
            R"("s":"a\"b\n","i":-5,"u":18446744073709551615,"d":1.5,"whole":2,"nan":"inf","b":true,)"
            R"("wait":1500000000,"error":"no route"})");
}

TEST(LogJson, CutsTrailingZerosOfTheFraction) {
  EXPECT_EQ(
      json(Level::error, "m", {}, kNow + 120ms),
      R"({"time":"2026-11-21T07:26:02.12Z","level":"ERROR","msg":"m","module":"event-exporter","version":"dev"})");
}

TEST(LogJson, WritesNoKeyTwice) {
  EXPECT_EQ(
      json(Level::debug, "m", {{"version", "other"}, {"a", 1}, {"a", 2}, {"msg", "x"}}),
      R"({"time":"2026-11-21T07:26:02Z","level":"DEBUG","msg":"m","module":"event-exporter","version":"dev","a":1})");
}

TEST(LogJson, LeavesOutWhatHasNoKey) {
  const std::string line = json(Level::info, "m", {{"a", 1}, {"", "x"}, {"", "y"}, {"b", 2}}, WallTime{});
  EXPECT_TRUE(line.ends_with(R"("a":1,"b":2})")) << line;
}

TEST(LogJson, SaysHowManyLinesWereLeftOutBeforeTheIdsOfTheTrace) {
  const std::string line = json(Level::warn, "m", {{"a", 1}, {"trace_id", "1f"}, {"span_id", "2f"}}, kNow, 5);
  EXPECT_TRUE(line.ends_with(R"("a":1,"linesLeftOut":5,"trace_id":"1f","span_id":"2f"})")) << line;
  EXPECT_TRUE(json(Level::warn, "m", {{"a", 1}}, kNow, 5).ends_with(R"("a":1,"linesLeftOut":5})"));
}

TEST(LogJson, EscapesWhatATerminalActsOnEvenWhereJsonAllowsIt) {
  const std::string line = json(Level::warn, "m", {{"a", "\x1b]0;x\x07\x7f\xc2\x9b\u202e é"}});
  EXPECT_TRUE(line.ends_with(R"("a":"\u001b]0;x\u0007\u007f\u009b\u202e é"})")) << line;
}

class LogText : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "XXX-02:30", 1);
    ::tzset();
  }
  static std::string text(Level level, std::string_view message, Fields fields, bool colour = false,
                          std::uint64_t left_out = 0) {
    return format_text(level, message, fields, {.now = kNow + 46789us, .left_out = left_out}, colour);
  }
};

TEST_F(LogText, IsForPeople) {
  EXPECT_EQ(text(Level::warn, "Publish failed, retrying",
                 {{"reason", "failing"},
                  {"error", Error{ErrorKind::transient, "no \"route\" to C:\\x"}},
                  {"statusCode", 503},
                  {"ratio", 0.5},
                  {"tls", true},
                  {"retryIn", Duration(1500ms)},
                  {"empty", ""},
                  {"", "no key"},
                  {"pair", "a=b"}},
                 false, 7),
            "09:56:02.046 WARN  Publish failed, retrying  reason=failing error=\"no \\\"route\\\" to C:\\\\x\" "
            "statusCode=503 ratio=0.5 tls=true retryIn=1.5s empty=\"\" pair=\"a=b\" linesLeftOut=7");
  EXPECT_EQ(text(Level::error, "m", {}), "09:56:02.046 ERROR m");
  EXPECT_EQ(text(Level::info, "m", {{"module", "x"}, {"a", 1}, {"a", 2}}), "09:56:02.046 INFO  m  a=1");
  EXPECT_EQ(text(Level::debug, "m", {}), "09:56:02.046 DEBUG m");
}

TEST_F(LogText, ColoursTheLevelAndNothingOfOthers) {
  EXPECT_EQ(text(Level::error, "m", {{"a", "x\x1b[2J"}}, true),
            "09:56:02.046 \x1b[1;31mERROR\x1b[0m m  \x1b[2ma=\x1b[0m\"x\\u001b[2J\"");
}

TEST_F(LogText, LetsNoValueEndTheLineOrMoveTheCursor) {
  EXPECT_EQ(text(Level::info, "a\nb", {{"k\r", "x\n07:00:00.000 INFO  forged"}, {"bytes", "\xff"}}),
            "09:56:02.046 INFO  a\\nb  k\\r=\"x\\n07:00:00.000 INFO  forged\" bytes=\"\\ufffd\"");
}

}  // namespace
}  // namespace exporter::log
