// What a checkpoint says about the events that are not settled, so that a restart repeats next to nothing.
#include "heart_fixture.h"

namespace exporter::pipeline {
namespace {

class HeartAheadTest : public HeartTest {
 protected:
  using Ids = std::vector<std::string>;
  [[nodiscard]] std::optional<ports::Ahead> ahead() const { return heart_->checkpoint().ahead; }
};

TEST_F(HeartAheadTest, NamesTheStuckEventsAndThePlaceBehindTheSettledOnes) {
  make(options(10));
  arrive({"stuck", "b", "c", "stuck", "d"});
  for (std::size_t k = 0; k < 4; ++k) {
    answer(k, sent_[k] == sent_[0] ? 500 : 202);
  }
  EXPECT_EQ(position(), "0");
  EXPECT_EQ(ahead(), (ports::Ahead{.position = {"5"}, .pending = {"doc-1", "doc-4"}, .settled = 3}));
}

TEST_F(HeartAheadTest, IsSavedAsTheOthersGoOn) {
  make(options(10));
  arrive({"stuck", "b"});
  answer(0, 500);
  answer(1, 202);
  ASSERT_EQ(saves_.size(), 1u);
  EXPECT_EQ(saves_[0].position.token, "0");
  EXPECT_EQ(saves_[0].ahead, (ports::Ahead{.position = {"2"}, .pending = {"doc-1"}, .settled = 1}));
  heart_->saved(true, now_);
  arrive({"c"});
  answer(2, 202);
  tick(1s);
  ASSERT_EQ(saves_.size(), 2u);
  EXPECT_EQ(saves_[1].ahead, (ports::Ahead{.position = {"3"}, .pending = {"doc-1"}, .settled = 2}));
}

TEST_F(HeartAheadTest, TheLastSaveOfADrainHasIt) {
  make(options(1));
  arrive({"stuck", "b", "c"});
  answer(0, 500);
  answer(1, 202);
  heart_->saved(true, now_);
  heart_->stop(now_);
  collect();
  EXPECT_FALSE(heart_->drained());
  answer(2, 202);
  ASSERT_FALSE(saves_.empty());
  EXPECT_EQ(saves_.back().ahead, (ports::Ahead{.position = {"3"}, .pending = {"doc-1"}, .settled = 2}));
  heart_->saved(true, now_);
  EXPECT_TRUE(heart_->drained());
}

TEST_F(HeartAheadTest, WhatIsPendingAfterARestartKeepsThePositionUntilItIsSettled) {
  ports::Checkpoint saved;
  saved.position = {"10"};
  saved.ahead = {.position = {"20"}, .pending = {"doc-1", "doc-2"}, .settled = 8};
  make_from(options(10), saved);
  std::vector<PreparedEvent> pending = next_events({"a", "b"});
  for (PreparedEvent& event : pending) {
    event.after.position.token = "10";
  }
  event::PreparedBatch batch;
  batch.events = std::move(pending);
  batch.end.position.token = "20";
  heart_->arrived(std::move(batch), now_, wall_);
  collect();
  EXPECT_EQ(ahead(), saved.ahead);
  answer(1, 202);
  EXPECT_EQ(position(), "10");
  EXPECT_EQ(ahead(), (ports::Ahead{.position = {"20"}, .pending = {"doc-1"}, .settled = 9}));
  answer(0, 202);
  EXPECT_EQ(position(), "20");
  EXPECT_EQ(ahead(), std::nullopt);
}

TEST_F(HeartAheadTest, WhatWasSavedHoldsUntilAllThatIsPendingHasArrived) {
  ports::Checkpoint saved;
  saved.position = {"10"};
  saved.ahead = {.position = {"20"}, .pending = {"doc-1", "doc-2", "doc-3"}};
  make_from(options(10), saved);
  EXPECT_EQ(ahead(), saved.ahead);
  std::vector<PreparedEvent> pending = next_events({"a", "b"});
  for (PreparedEvent& event : pending) {
    event.after.position.token = "10";
  }
  arrive_events(std::move(pending));
  answer(1, 202);
  EXPECT_EQ(ahead(), (ports::Ahead{.position = {"20"}, .pending = {"doc-1", "doc-3"}, .settled = 1}));
}

TEST_F(HeartAheadTest, ThePlaceIsForgottenWhenTheStreamIsReadFromThePosition) {
  ports::Checkpoint saved;
  saved.position = {"0"};
  saved.ahead = {.position = {"20"}, .pending = {"doc-9"}};
  make_from(options(10), saved);
  arrive({"a"});
  EXPECT_EQ(ahead(), std::nullopt);
}

TEST_F(HeartAheadTest, NothingOfAHistory) {
  ports::Checkpoint saved;
  saved.position = {"9"};
  saved.backfill = {.state = ports::Backfill::State::running, .cursor = "c0", .sent = 0, .total = 2};
  make_from(options(10), saved);
  std::vector<PreparedEvent> history = next_events({"a", "b"});
  for (PreparedEvent& event : history) {
    event.after.phase = event::Mark::Phase::history;
    event.after.resume = std::make_shared<const event::Position>(event::Position{"9"});
  }
  arrive_events(std::move(history));
  answer(1, 202);
  EXPECT_EQ(ahead(), std::nullopt) << "its cursor says what is to be read again";
}

}  // namespace
}  // namespace exporter::pipeline
