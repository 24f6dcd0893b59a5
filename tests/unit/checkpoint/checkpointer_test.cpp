#include "checkpoint/checkpointer.h"

#include <gtest/gtest.h>

namespace exporter::checkpoint {
namespace {

using namespace std::chrono_literals;

ports::Checkpoint at(const std::string& token) {
  ports::Checkpoint made;
  made.position.token = token;
  return made;
}

constexpr MonoTime kStart{100s};

TEST(Checkpointer, SavesTheFirstChangeAfterAQuietTimeAtOnce) {
  Checkpointer machine({.interval = 1s}, at("0"));
  ASSERT_TRUE(machine.may_save(kStart, false));
  EXPECT_EQ(machine.begin(at("1"), kStart), at("1"));
}

TEST(Checkpointer, SavesNothingThatIsSavedAlready) {
  Checkpointer machine({.interval = 1s}, at("0"));
  EXPECT_EQ(machine.begin(at("0"), kStart), std::nullopt);
}

TEST(Checkpointer, NeverHasTwoSavesUnderWay) {
  Checkpointer machine({.interval = 1s}, at("0"));
  ASSERT_TRUE(machine.begin(at("1"), kStart));
  EXPECT_FALSE(machine.may_save(kStart + 10s, false));
  EXPECT_FALSE(machine.may_save(kStart + 10s, true));
  machine.finished(true, kStart + 10s);
  EXPECT_TRUE(machine.may_save(kStart + 10s, false));
}

TEST(Checkpointer, KeepsTheIntervalUnlessInAHurry) {
  Checkpointer machine({.interval = 1s}, at("0"));
  ASSERT_TRUE(machine.begin(at("1"), kStart));
  machine.finished(true, kStart + 1ms);
  EXPECT_FALSE(machine.may_save(kStart + 999ms, false));
  EXPECT_TRUE(machine.may_save(kStart + 999ms, true));
  EXPECT_TRUE(machine.may_save(kStart + 1s, false));
}

TEST(Checkpointer, EvenInAHurryWaitsAfterAFailedSave) {
  Checkpointer machine({.interval = 1s}, at("0"));
  ASSERT_TRUE(machine.begin(at("1"), kStart));
  machine.finished(false, kStart);
  EXPECT_FALSE(machine.may_save(kStart + 199ms, true));
  EXPECT_TRUE(machine.may_save(kStart + 200ms, true));
}

TEST(Checkpointer, RepeatsAFailedSaveWithAGrowingDelay) {
  Checkpointer machine({.interval = 1s}, at("0"));
  MonoTime now = kStart;
  std::vector<Duration> delays;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(machine.begin(at("1"), now));
    machine.finished(false, now);
    delays.push_back(machine.not_before() - now);
    now = machine.not_before();
  }
  EXPECT_EQ(delays, (std::vector<Duration>{200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10s, 10s}));
  EXPECT_EQ(machine.saved(), at("0"));
}

}  // namespace
}  // namespace exporter::checkpoint
