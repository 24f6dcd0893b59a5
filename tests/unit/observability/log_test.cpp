#include "observability/log.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace exporter::log {
namespace {

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

std::string written(const std::function<void()>& calls) {
  testing::internal::CaptureStderr();
  calls();
  return testing::internal::GetCapturedStderr();
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// Real time passes here, but never 10 s.
class RepeatedLines : public ::testing::Test {
 protected:
  void SetUp() override { init(Level::info, "dev"); }
};

TEST_F(RepeatedLines, OfACauseAreFoldedAndTheRestIsToldAtTheEnd) {
  const std::string lines = written([] {
    for (int i = 0; i < 5; ++i) {
      warn("failed", {{"attempt", i}, {"reason", "refused"}, {"statusCode", 503}, {"retryIn", Duration(i)}});
    }
  });
  EXPECT_EQ(count(lines, "\n"), 1U) << lines;
  EXPECT_EQ(count(lines, "linesLeftOut"), 0U) << lines;
  const std::string last = written([] { tell_left_out(); });
  EXPECT_NE(last.find(R"("level":"WARN","msg":"Lines like an earlier one were left out","module":"event-exporter",)"
                      R"("version":"dev","line":"failed","cause":"reason=refused statusCode=503","linesLeftOut":4})"),
            std::string::npos)
      << last;
  EXPECT_EQ(written([] { tell_left_out(); }), "");
}

TEST_F(RepeatedLines, AreWrittenWhenTheyNameAnotherCause) {
  const std::string lines = written([] {
    for (int status : {500, 503, 500, 503}) {
      error("failed", {{"statusCode", status}});
    }
    error("failed", {{"statusCode", 500}, {"error", "no route"}});
    error("failed", {{"statusCode", 500}, {"reason", "no route"}});
  });
  EXPECT_EQ(count(lines, "\n"), 4U) << lines;
}

TEST_F(RepeatedLines, AreWrittenWhenTheyAreNoTroubleOrMustNotBeMissed) {
  const std::string lines = written([] {
    for (int i = 0; i < 3; ++i) {
      info("progress");
      error("Fatal error", {}, Repeats::written);
    }
  });
  EXPECT_EQ(count(lines, "\n"), 6U) << lines;
}

TEST(Log, IsTextWithoutATerminalOnlyWhenAskedFor) {
  init(Level::info, "dev", {.text = true});
  const std::string line = written([] { info("ready", {{"port", 2112}}); });
  init(Level::info, "dev");
  EXPECT_TRUE(line.ends_with(" INFO  ready  port=2112\n")) << line;
}

}  // namespace
}  // namespace exporter::log
