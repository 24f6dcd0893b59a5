// What ports/checkpoint_store.h promises.
#include <gtest/gtest.h>

#include <chrono>

#include "contract/store_world.h"

namespace exporter::testing {

namespace {

class CheckpointContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  event::Position position_after(int inserts) {
    for (int count = 0; count < inserts; ++count) {
      world_->insert(++number_, "{}", WallTime(std::chrono::seconds(1'788'955'200)));
    }
    return world_->source()->head().value();
  }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::CheckpointStore> store_ = world_->checkpoints();
  int number_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Stores, CheckpointContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(CheckpointContract, HasNothingUntilTheFirstSave) {
  const auto loaded = store_->load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(*loaded, std::nullopt);
}

TEST_P(CheckpointContract, GivesBackEverythingThatWasSaved) {
  const ports::Checkpoint running{
      .position = position_after(3),
      .watermark = WallTime(Duration(1'788'955'200'123'456'789)),
      .backfill = {
          .state = ports::Backfill::State::running, .cursor = "a \"cursor\" \\ \x01", .sent = 7, .total = 1ULL << 40}};
  ASSERT_TRUE(store_->save(running, {}));
  EXPECT_EQ(store_->load().value(), running);
  store_ = world_->checkpoints();
  EXPECT_EQ(store_->load().value(), running);
}

TEST_P(CheckpointContract, GivesBackThePlaceAheadAndWhatIsPendingBeforeIt) {
  ports::Checkpoint checkpoint{
      .position = position_after(2), .watermark = {}, .backfill = {ports::Backfill::State::done, "", 4, 4}};
  checkpoint.ahead = {
      .position = position_after(2), .pending = {world_->id(3), "\"{\\", world_->id(1)}, .settled = 1ULL << 40};
  ASSERT_TRUE(store_->save(checkpoint, {}));
  EXPECT_EQ(world_->checkpoints()->load().value(), checkpoint);
  checkpoint.ahead.reset();
  ASSERT_TRUE(store_->save(checkpoint, {}));
  EXPECT_EQ(world_->checkpoints()->load().value(), checkpoint);
}

TEST_P(CheckpointContract, TheLastSaveCounts) {
  ASSERT_TRUE(store_->save(
      {.position = position_after(1), .watermark = WallTime(std::chrono::seconds(5)), .backfill = {}}, {}));
  const ports::Checkpoint second{
      .position = position_after(1), .watermark = std::nullopt, .backfill = {ports::Backfill::State::done, "", 4, 4}};
  ASSERT_TRUE(store_->save(second, {}));
  EXPECT_EQ(store_->load().value(), second);
}

TEST_P(CheckpointContract, HoldsThePositionBeforeAnyEvent) {
  const ports::Checkpoint first{.position = position_after(0), .watermark = {}, .backfill = {}};
  ASSERT_TRUE(store_->save(first, {}));
  EXPECT_EQ(store_->load().value(), first);
}

}  // namespace

}  // namespace exporter::testing
