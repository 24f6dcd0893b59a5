// What ports/source.h promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "contract/store_world.h"

namespace exporter::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kPlenty = 1 << 20;
const WallTime kTime = WallTime(std::chrono::seconds(1'788'955'200));

class SourceContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  void insert(int number) { world_->insert(number, R"({"n": 1})", kTime); }
  void insert_up_to(int last) {
    for (int number = 1; number <= last; ++number) {
      insert(number);
    }
  }
  // Does not wait: the deadline has passed.
  Result<void> read(std::size_t max_bytes = kPlenty) { return source_->next(batch_, max_bytes, MonoTime(), {}); }
  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (std::size_t index = 0; index < batch_.size(); ++index) {
      ids.emplace_back(batch_[index].document_id);
    }
    return ids;
  }

  [[nodiscard]] std::string id(int number) const { return world_->id(number); }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::Source> source_ = world_->source();
  event::Position start_ = source_->head().value();
  event::RawBatch batch_;
};

INSTANTIATE_TEST_SUITE_P(Stores, SourceContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

class TrimmedSourceContract : public SourceContract {};

INSTANTIATE_TEST_SUITE_P(Stores, TrimmedSourceContract, ::testing::ValuesIn(trimmable_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(SourceContract, ReadsInsertsInOrderWithTheirDocuments) {
  insert(2);
  world_->insert(1, R"({"second": true})", kTime);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(2), id(1)));
  EXPECT_EQ(batch_[1].document, world_->stored(1, R"({"second": true})", kTime));
}

TEST_P(SourceContract, GoesOnAfterEachPositionItGave) {
  insert_up_to(3);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  const auto after_first = batch_[0].after;
  const auto end = batch_.end;
  EXPECT_EQ(after_first.phase, event::Mark::Phase::stream);
  ASSERT_TRUE(source_->open(after_first.position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(2), id(3)));
  ASSERT_TRUE(source_->open(end.position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_P(SourceContract, PositionsOutliveTheSource) {
  insert_up_to(2);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  const auto position = batch_[0].after.position;
  source_ = world_->source();
  ASSERT_TRUE(source_->open(position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(2)));
}

TEST_P(SourceContract, StartsAtTheHeadWithoutTheEventsBefore) {
  insert(1);
  const auto head = source_->head().value();
  insert(2);
  ASSERT_TRUE(source_->open(head));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(2)));
}

TEST_P(SourceContract, KeepsABatchWithinItsBytesButGivesAtLeastOne) {
  insert_up_to(5);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read(1));
  EXPECT_THAT(ids(), ElementsAre(id(1)));
  const std::size_t each = batch_.bytes();
  ASSERT_TRUE(read(2 * each + each / 2));
  EXPECT_THAT(ids(), ElementsAre(id(2), id(3)));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(4), id(5)));
}

TEST_P(SourceContract, GetsPastADocumentThatWasDeletedMeanwhile) {
  insert_up_to(3);
  world_->remove(1);
  world_->remove(3);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  const auto expected = world_->changes_hold_documents() ? std::vector{id(1), id(2), id(3)} : std::vector{id(2)};
  EXPECT_EQ(ids(), expected);
  ASSERT_TRUE(source_->open(batch_.end.position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_P(SourceContract, AnEmptyBatchStillSaysWhereItIs) {
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  EXPECT_TRUE(batch_.empty());
  insert(1);
  ASSERT_FALSE(batch_.end.position.empty());
  ASSERT_TRUE(source_->open(batch_.end.position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(1)));
}

TEST_P(SourceContract, SaysWhenItWasAskedAndHadNothingAndOnlyThen) {
  ASSERT_TRUE(source_->open(start_));
  insert(1);
  ASSERT_TRUE(read());
  EXPECT_EQ(ids().size(), 1U);
  EXPECT_EQ(batch_.caught_up_at, std::nullopt);
  const MonoTime before = world_->clock().now();
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), IsEmpty());
  ASSERT_TRUE(batch_.caught_up_at);
  EXPECT_GE(*batch_.caught_up_at, before);
  EXPECT_LE(*batch_.caught_up_at, world_->clock().now());
}

TEST_P(SourceContract, RefusesAPositionOfAnotherStore) {
  const auto other = GetParam().make();
  EXPECT_EQ(source_->open(other->source()->head().value()).error().kind, ErrorKind::invalid);
  EXPECT_EQ(source_->open({"nonsense"}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(source_->open({}).error().kind, ErrorKind::invalid);
}

TEST_P(TrimmedSourceContract, SaysWhenChangesAfterThePositionWereRemoved) {
  insert_up_to(3);
  world_->trim_changes(1);
  EXPECT_EQ(source_->open(start_).error().kind, ErrorKind::position_lost);
  world_->trim_changes(2);
  EXPECT_EQ(source_->open(start_).error().kind, ErrorKind::position_lost);
}

TEST_P(TrimmedSourceContract, SaysSoWhenTheyAreRemovedWhileItReads) {
  ASSERT_TRUE(source_->open(start_));
  insert_up_to(3);
  world_->trim_changes(2);
  EXPECT_EQ(read().error().kind, ErrorKind::position_lost);
}

TEST_P(TrimmedSourceContract, RemovingWhatWasReadAlreadyHarmsNothing) {
  insert_up_to(3);
  ASSERT_TRUE(source_->open(start_));
  ASSERT_TRUE(read());
  const auto position = batch_[1].after.position;
  world_->trim_changes(2);
  ASSERT_TRUE(source_->open(position));
  ASSERT_TRUE(read());
  EXPECT_THAT(ids(), ElementsAre(id(3)));
  world_->trim_changes(1);
  EXPECT_TRUE(source_->open(source_->head().value()));
}

TEST_P(SourceContract, AnInsertEndsTheWait) {
  ASSERT_TRUE(source_->open(start_));
  std::jthread writer([this] { insert(1); });
  ASSERT_TRUE(source_->next(batch_, kPlenty, world_->clock().now() + std::chrono::seconds(30), {}));
  EXPECT_THAT(ids(), ElementsAre(id(1)));
}

TEST_P(SourceContract, AStopEndsTheWait) {
  ASSERT_TRUE(source_->open(start_));
  std::stop_source stop;
  std::jthread stopper([&stop] { stop.request_stop(); });
  ASSERT_TRUE(source_->next(batch_, kPlenty, kNever, stop.get_token()));
  EXPECT_TRUE(batch_.empty());
  // Stopped already: no wait at all. And the next token is a new one.
  ASSERT_TRUE(source_->next(batch_, kPlenty, kNever, stop.get_token()));
  stopper.join();
  insert(1);
  ASSERT_TRUE(source_->next(batch_, kPlenty, kNever, {}));
  EXPECT_THAT(ids(), ElementsAre(id(1)));
}

TEST_P(SourceContract, TheDeadlineEndsTheWait) {
  ASSERT_TRUE(source_->open(start_));
  const MonoTime deadline = world_->clock().now() + std::chrono::milliseconds(5);
  ASSERT_TRUE(source_->next(batch_, kPlenty, deadline, {}));
  EXPECT_TRUE(batch_.empty());
  EXPECT_GE(world_->clock().now(), deadline);
}

}  // namespace

}  // namespace exporter::testing
