#include "observability/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace exporter::log {
namespace {

using namespace std::chrono_literals;

// 2026-11-21T07:26:02Z
constexpr WallTime kNow{1795245962s};

TEST(Log, WritesTheLayoutOfSlog) {
  EXPECT_EQ(format(Level::info, "OIDC token provider initialized", {{"tokenURL", "http://h/token"}, {"workers", 1}},
                   kNow + 467853476ns),
            R"({"time":"2026-11-21T07:26:02.467853476Z","level":"INFO","msg":"OIDC token provider initialized",)"
            R"("module":"event-exporter","version":"dev","tokenURL":"http://h/token","workers":1})");
}

TEST(Log, WritesEachKindOfValue) {
  const std::string line = format(Level::warn, "m",
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

TEST(Log, CutsTrailingZerosOfTheFraction) {
  EXPECT_EQ(
      format(Level::error, "m", {}, kNow + 120ms),
      R"({"time":"2026-11-21T07:26:02.12Z","level":"ERROR","msg":"m","module":"event-exporter","version":"dev"})");
}

TEST(Log, WritesNoKeyTwice) {
  EXPECT_EQ(
      format(Level::debug, "m", {{"version", "other"}, {"a", 1}, {"a", 2}, {"msg", "x"}}, kNow),
      R"({"time":"2026-11-21T07:26:02Z","level":"DEBUG","msg":"m","module":"event-exporter","version":"dev","a":1})");
}

TEST(Log, LeavesOutWhatHasNoKey) {
  const std::string line = format(Level::info, "m", {{"a", 1}, {"", "x"}, {"", "y"}, {"b", 2}}, WallTime{});
  EXPECT_TRUE(line.ends_with(R"("a":1,"b":2})")) << line;
}

TEST(Log, ReadsTheLevelAsTheIncumbent) {
  EXPECT_EQ(parse_level("debug"), Level::debug);
  EXPECT_EQ(parse_level(" WARN\n"), Level::warn);
  EXPECT_EQ(parse_level("Warning"), Level::warn);
  EXPECT_EQ(parse_level("eRRor"), Level::error);
  EXPECT_EQ(parse_level("info"), Level::info);
  EXPECT_EQ(parse_level(""), Level::info);
  EXPECT_EQ(parse_level("  "), Level::info);
  EXPECT_EQ(parse_level("verbose"), Level::info);
}

TEST(Log, KeepsLinesOfManyThreadsWhole) {
  init(Level::info, "1.2.3");
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 100; ++i) {
          info("line", {{"thread", t}, {"text", std::string(500, 'x')}});
          debug("hidden");
        }
      });
    }
  }
  const std::string output = testing::internal::GetCapturedStderr();
  init(Level::info, "dev");
  int lines = 0;
  for (std::size_t begin = 0; begin < output.size(); ++lines) {
    const std::size_t end = output.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    const std::string line = output.substr(begin, end - begin);
    EXPECT_TRUE(line.starts_with(R"({"time":")")) << line;
    EXPECT_TRUE(line.ends_with(std::string(500, 'x') + "\"}")) << line;
    EXPECT_NE(line.find(R"("version":"1.2.3")"), std::string::npos) << line;
    begin = end + 1;
  }
  EXPECT_EQ(lines, 400);
}

}  // namespace
}  // namespace exporter::log
