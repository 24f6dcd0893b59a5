// Sending, settling, saving, stopping; the history. What answers do: heart_answers_test.cpp.
#include "heart_fixture.h"

namespace exporter::pipeline {
namespace {

TEST_F(HeartTest, SendsUpToTheNumberOfWorkers) {
  make(options(2));
  arrive({"a", "b", "c"});
  EXPECT_EQ(sent_.size(), 2u);
  answer(0, 202);
  EXPECT_EQ(sent_.size(), 3u);
}

TEST_F(HeartTest, ThePositionNeverPassesAnUnsettledEvent) {
  make(options(10));
  arrive({"a", "b", "c"});
  answer(2, 202);
  answer(1, 202);
  EXPECT_EQ(position(), "0");
  answer(0, 202);
  EXPECT_EQ(position(), "3");
}

TEST_F(HeartTest, SendsNothingWithoutAToken) {
  make(options(10));
  heart_->credentials(std::nullopt, now_);
  arrive({"a"});
  EXPECT_TRUE(sent_.empty());
  heart_->credentials(1, now_);
  collect();
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(HeartTest, SavesAreCoalescedAndTheNewestWins) {
  make(options(10));
  arrive({"a", "b", "c"});
  answer(0, 200);
  ASSERT_EQ(saves_.size(), 1u);
  EXPECT_EQ(saves_[0].position.token, "1");
  answer(1, 200);
  answer(2, 200);
  EXPECT_EQ(saves_.size(), 1u);
  heart_->saved(true, now_);
  tick(1s);
  ASSERT_EQ(saves_.size(), 2u);
  EXPECT_EQ(saves_[1].position.token, "3");
}

TEST_F(HeartTest, AFailedSaveIsRepeated) {
  make(options(10));
  arrive({"a"});
  answer(0, 200);
  ASSERT_EQ(saves_.size(), 1u);
  heart_->saved(false, now_);
  ASSERT_NE(heart_->wake_at(), kNever);
  tick(heart_->wake_at() - now_);
  ASSERT_EQ(saves_.size(), 2u);
  EXPECT_EQ(saves_[1], saves_[0]);
}

TEST_F(HeartTest, TheSavedWatermarkIsTheChangeTimeOfTheSettledPrefix) {
  make(options(10));
  PreparedEvent first = next_event("a");
  first.after.changed_at = WallTime{500s};
  arrive_event(std::move(first));
  answer(0, 200);
  EXPECT_EQ(saves_.back().watermark, WallTime{500s});
}

TEST_F(HeartTest, StopWaitsForWhatIsInFlightSavesAndIsDrained) {
  make(options(1));
  arrive({"a", "b"});
  heart_->stop(now_);
  EXPECT_FALSE(heart_->wants_more());
  EXPECT_FALSE(heart_->drained());
  answer(0, 200);
  EXPECT_EQ(sent_.size(), 1u) << "nothing new is sent";
  ASSERT_EQ(saves_.size(), 1u);
  EXPECT_FALSE(heart_->drained());
  heart_->saved(true, now_);
  EXPECT_TRUE(heart_->drained());
}

TEST_F(HeartTest, AnIdleAdvanceIsSavedAndKeepsTheWatermark) {
  ports::Checkpoint saved;
  saved.position.token = "0";
  saved.watermark = WallTime{500s};
  make_from(options(1), saved);
  event::PreparedBatch batch;
  batch.end.position.token = "99";
  heart_->arrived(std::move(batch), now_, wall_);
  collect();
  ASSERT_EQ(saves_.size(), 1u);
  EXPECT_EQ(saves_[0].position.token, "99");
  EXPECT_EQ(saves_[0].watermark, WallTime{500s});
}

TEST_F(HeartTest, HoldsAtMostItsBytesAndTakesOneMoreThanThat) {
  HeartOptions small = options(1);
  small.max_bytes = 1000;
  make(small);
  PreparedEvent huge = next_event("a");
  huge.body.assign(5000, 'x');
  arrive_event(std::move(huge));
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_FALSE(heart_->wants_more());
  answer(0, 200);
  EXPECT_TRUE(heart_->wants_more());
  EXPECT_EQ(heart_->status().bytes, 0u);
}

class HeartHistoryTest : public HeartTest {
 protected:
  PreparedEvent historic(const std::string& node, const std::string& cursor) {
    PreparedEvent made = next_event(node);
    made.after.phase = event::Mark::Phase::history;
    made.after.position.token = cursor;
    made.after.resume = resume_;
    return made;
  }
  std::shared_ptr<const event::Position> resume_ = std::make_shared<const event::Position>(event::Position{"100"});
};

TEST_F(HeartHistoryTest, SavesTheCursorWithTheStreamPositionTakenBefore) {
  ports::Checkpoint saved;
  saved.position.token = "100";
  saved.backfill = {.state = ports::Backfill::State::running, .cursor = "c0", .sent = 0, .total = 2};
  make_from(options(10), saved);
  std::vector<PreparedEvent> page;
  page.push_back(historic("a", "c1"));
  page.push_back(historic("b", "c2"));
  arrive_events(std::move(page));
  answer(0, 200);
  EXPECT_EQ(saves_.back().position.token, "100");
  EXPECT_EQ(saves_.back().backfill,
            (ports::Backfill{.state = ports::Backfill::State::running, .cursor = "c1", .sent = 1, .total = 2}));
  event::PreparedBatch end;
  end.end.position.token = "100";
  heart_->arrived(std::move(end), now_, wall_);
  collect();
  EXPECT_EQ(heart_->checkpoint().backfill.state, ports::Backfill::State::running);
  EXPECT_TRUE(notices_.empty()) << "an event of the history is still unsettled";
  answer(1, 200);
  EXPECT_EQ(heart_->checkpoint().backfill.state, ports::Backfill::State::done);
  EXPECT_EQ(notices_.back().kind, Notice::Kind::backfill_complete);
  EXPECT_EQ(position(), "100");
}

TEST_F(HeartHistoryTest, AHistoryAfterALostPositionKeepsTheOldPositionUntilItsOwnEventsAreSettled) {
  make(options(10));
  arrive({"a"});  // "1", unsettled
  event::PreparedBatch healing;
  healing.history_planned = 1;
  healing.events.push_back(historic("b", "h1"));
  heart_->arrived(std::move(healing), now_, wall_);
  collect();
  answer(1, 200);
  EXPECT_EQ(position(), "0");
  EXPECT_NE(heart_->checkpoint().backfill.state, ports::Backfill::State::running);
  answer(0, 200);
  EXPECT_EQ(position(), "100");
  EXPECT_EQ(heart_->checkpoint().backfill.cursor, "h1");
}

TEST_F(HeartTest, KeepsWhatIsNotedForATraceUntilTheEventIsSettled) {
  make(options(2));
  for (const char* node : {"a", "b"}) {
    PreparedEvent traced = next_event(node);
    traced.trace = std::make_unique<event::EventTrace>();
    traced.trace->document_id = traced.document_id;
    traced.trace->trace_id[0] = 1;
    traced.trace->process[0] = 2;
    arrive_event(std::move(traced));
  }
  event::EventTrace* const first = heart_->trace_of(sent_.at(0));
  ASSERT_NE(first, nullptr);
  const event::SpanContext context = first->context();
  answer(0, 503);
  EXPECT_EQ(heart_->trace_of(sent_.at(0)), nullptr);  // not in flight
  EXPECT_EQ(notices_.back().trace, context);
  answer(1, 202);
  ASSERT_EQ(traces_.size(), 1U);
  EXPECT_EQ(traces_[0]->document_id, "doc-2");
  tick(10s);
  EXPECT_EQ(heart_->trace_of(sent_.at(2)), first);
  answer(2, 400);  // refused, and the sink takes others
  ASSERT_EQ(letters_.size(), 1U);
  EXPECT_EQ(letters_[0].letter.trace, context);
  EXPECT_EQ(traces_.size(), 1U);
  heart_->dead_lettered(letters_[0].ticket, true, now_);
  collect();
  ASSERT_EQ(traces_.size(), 2U);
  EXPECT_EQ(traces_[1].get(), first);
}

TEST_F(HeartTest, WithoutATraceNothingIsKept) {
  make(options(1));
  arrive({"a"});
  EXPECT_EQ(heart_->trace_of(sent_.at(0)), nullptr);
  answer(0, 202);
  EXPECT_TRUE(traces_.empty());
}

}  // namespace
}  // namespace exporter::pipeline
