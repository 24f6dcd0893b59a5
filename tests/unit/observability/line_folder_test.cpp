#include "observability/line_folder.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observability/log.h"

namespace exporter::log {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

using LeftOut = LineFolder::LeftOut;
constexpr MonoTime kStart{1h};

class LineFolderTest : public ::testing::Test {
 protected:
  std::optional<std::uint64_t> warn(std::string_view cause, Duration at, std::string_view message = "failed") {
    return folder_.admit(Level::warn, message, cause, kStart + at);
  }
  LineFolder folder_;
};

TEST_F(LineFolderTest, WritesACauseOnceInAWindowAndCountsTheOthers) {
  EXPECT_THAT(warn("a", 0s), Optional(0));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(warn("a", 9999ms), std::nullopt);
  }
  EXPECT_THAT(warn("a", 10s), Optional(5));
  EXPECT_EQ(warn("a", 11s), std::nullopt);
  EXPECT_THAT(warn("a", 20s), Optional(1));
  EXPECT_THAT(warn("a", 30s), Optional(0));
}

TEST_F(LineFolderTest, KeepsCausesMessagesAndLevelsApart) {
  EXPECT_THAT(warn("a", 0s), Optional(0));
  EXPECT_THAT(warn("b", 0s), Optional(0));
  EXPECT_THAT(warn("a", 0s, "another"), Optional(0));
  EXPECT_THAT(folder_.admit(Level::error, "failed", "a", kStart), Optional(0));
  EXPECT_EQ(warn("a", 0s), std::nullopt);
}

TEST_F(LineFolderTest, TellsWhatNoLaterLineTold) {
  warn("a", 0s);
  warn("a", 1s);
  warn("a", 2s);
  warn("b", 5s);
  warn("c", 5s);
  warn("c", 6s);
  EXPECT_THAT(folder_.ended(kStart + 9999ms), IsEmpty());
  EXPECT_THAT(folder_.ended(kStart + 10s), ElementsAre(LeftOut{Level::warn, "failed", "a", 2}));
  EXPECT_THAT(folder_.ended(kStart + 10s), IsEmpty());
  EXPECT_THAT(folder_.ended(kStart + 15s), ElementsAre(LeftOut{Level::warn, "failed", "c", 1}));
  EXPECT_THAT(warn("a", 16s), Optional(0));
}

TEST_F(LineFolderTest, TellsNothingTwice) {
  warn("a", 0s);
  warn("a", 1s);
  EXPECT_THAT(warn("a", 10s), Optional(1));
  EXPECT_THAT(folder_.ended(kStart + 30s), IsEmpty());
}

TEST_F(LineFolderTest, TellsAllAtTheEnd) {
  warn("a", 0s);
  warn("a", 1s);
  EXPECT_THAT(folder_.ended(kNever), ElementsAre(LeftOut{Level::warn, "failed", "a", 1}));
  EXPECT_THAT(folder_.ended(kNever), IsEmpty());
}

TEST_F(LineFolderTest, CausesThatNeverRepeatShareOne) {
  std::uint64_t written = 0;
  for (int i = 0; i < 1000; ++i) {
    written += warn("cause " + std::to_string(i), 1s) ? 1U : 0U;
  }
  EXPECT_EQ(written, LineFolder::kMostCauses + 1);
  EXPECT_EQ(warn("cause 3", 2s), std::nullopt) << "an old cause keeps its own place";
  EXPECT_THAT(warn("first of another message", 2s, "another"), Optional(0));
  const auto told = folder_.ended(kNever);
  EXPECT_THAT(told, ElementsAre(LeftOut{Level::warn, "failed", "cause 3", 1},
                                LeftOut{Level::warn, "failed", "other causes", 1000 - 9}));
}

TEST_F(LineFolderTest, HoldsNoMoreThanItsLimitAndSwallowsNothingBeyondIt) {
  for (std::size_t i = 0; i < LineFolder::kMost; ++i) {
    warn("", 0s, "message " + std::to_string(i));
  }
  EXPECT_THAT(warn("", 0s, "one more"), Optional(0));
  EXPECT_THAT(warn("", 0s, "one more"), Optional(0));
  EXPECT_EQ(warn("", 0s, "message 0"), std::nullopt);
  folder_.ended(kNever);
  EXPECT_THAT(warn("", 0s, "one more"), Optional(0));
  EXPECT_EQ(warn("", 0s, "one more"), std::nullopt);
}

}  // namespace
}  // namespace exporter::log
