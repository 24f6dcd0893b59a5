// What ports/history.h promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "contract/store_world.h"

namespace exporter::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WallTime at(int second) { return WallTime(std::chrono::seconds(1'788'955'200 + second)); }

class HistoryContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  void insert(int number, int second) { world_->insert(number, R"({"n": 1})", at(second)); }
  event::Position head() { return world_->source()->head().value(); }
  ports::HistoryPlan plan(int not_before = 0, std::uint64_t max_events = 1000) {
    return history_->plan({.not_before = at(not_before), .max_events = max_events, .until = head()}).value();
  }
  // Every document from the cursor to the end, in pages.
  std::vector<std::string> read(std::string cursor, std::size_t page) {
    std::vector<std::string> ids;
    event::RawBatch batch;
    for (;;) {
      const auto done = history_->page(cursor, page, batch);
      EXPECT_TRUE(done);
      if (!done || batch.empty()) {
        return ids;
      }
      EXPECT_LE(batch.size(), page);
      for (std::size_t index = 0; index < batch.size(); ++index) {
        EXPECT_EQ(batch[index].after.phase, event::Mark::Phase::history);
        ids.emplace_back(batch[index].document_id);
      }
      cursor = batch[batch.size() - 1].after.position.token;
    }
  }

  [[nodiscard]] std::string id(int number) const { return world_->id(number); }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::History> history_ = world_->history();
};

INSTANTIATE_TEST_SUITE_P(Stores, HistoryContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

class TrimmedHistoryContract : public HistoryContract {};

INSTANTIATE_TEST_SUITE_P(Stores, TrimmedHistoryContract, ::testing::ValuesIn(trimmable_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(HistoryContract, ReadsByTimeThenIdWhateverTheOrderOfInsertsAndThePageSize) {
  insert(4, 20);
  insert(3, 10);
  insert(2, 20);
  insert(1, 30);
  const auto planned = plan();
  EXPECT_EQ(planned.events, 4U);
  EXPECT_EQ(planned.cut, 0U);
  for (const std::size_t page : {1U, 2U, 3U, 100U}) {
    EXPECT_THAT(read(planned.cursor, page), ElementsAre(id(3), id(2), id(4), id(1)));
  }
}

TEST_P(HistoryContract, LeavesOutWhatIsOlderThanTheWindow) {
  insert(1, 9);
  insert(2, 10);
  insert(3, 11);
  const auto planned = plan(10);
  EXPECT_EQ(planned.events, 2U);
  EXPECT_EQ(planned.cut, 0U);
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(id(2), id(3)));
}

TEST_P(HistoryContract, LeavesOutWhatTheStreamWillBring) {
  insert(1, 10);
  insert(2, 30);
  const auto planned = plan();
  insert(3, 5);  // inserted later, though its clock says earlier
  insert(4, 20);
  insert(5, 40);
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(id(1), id(2)));
}

TEST_P(HistoryContract, LeavesItOutEvenWhenItWasThereBeforeThePlan) {
  insert(1, 10);
  const auto until = head();
  insert(2, 5);
  const auto planned = history_->plan({.not_before = at(0), .max_events = 10, .until = until}).value();
  EXPECT_EQ(planned.events, 1U);
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(id(1)));
}

TEST_P(TrimmedHistoryContract, DoesNotNeedTheChangesItself) {
  insert(1, 10);
  insert(2, 20);
  world_->trim_changes(2);
  const auto planned = plan();
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(id(1), id(2)));
}

TEST_P(HistoryContract, KeepsTheNewestWhenThereAreTooMany) {
  insert(1, 10);
  insert(2, 20);
  insert(4, 20);
  insert(3, 20);
  const auto planned = plan(0, 2);
  EXPECT_EQ(planned.events, 2U);
  EXPECT_EQ(planned.cut, 2U);
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(id(3), id(4)));
}

TEST_P(HistoryContract, ACursorGoesOnAfterARestart) {
  for (int number = 1; number <= 5; ++number) {
    insert(number, number);
  }
  event::RawBatch batch;
  ASSERT_TRUE(history_->page(plan().cursor, 2, batch));
  const std::string cursor = batch[0].after.position.token;
  insert(6, 6);
  history_ = world_->history();
  EXPECT_THAT(read(cursor, 2), ElementsAre(id(2), id(3), id(4), id(5)));
}

TEST_P(HistoryContract, AnEmptyRangeEndsAtOnce) {
  const auto nothing = plan();
  EXPECT_EQ(nothing.events, 0U);
  insert(1, 10);
  EXPECT_THAT(read(nothing.cursor, 10), IsEmpty());
  EXPECT_THAT(read(plan(11).cursor, 10), IsEmpty());
}

TEST_P(HistoryContract, RefusesWhatIsNotItsOwn) {
  event::RawBatch batch;
  const auto other = GetParam().make();
  const auto foreign =
      other->history()->plan({.not_before = at(0), .max_events = 1, .until = other->source()->head().value()}).value();
  EXPECT_EQ(history_->page(foreign.cursor, 1, batch).error().kind, ErrorKind::invalid);
  EXPECT_EQ(history_->page("nonsense", 1, batch).error().kind, ErrorKind::invalid);
  EXPECT_EQ(history_->page("", 1, batch).error().kind, ErrorKind::invalid);
}

}  // namespace

}  // namespace exporter::testing
