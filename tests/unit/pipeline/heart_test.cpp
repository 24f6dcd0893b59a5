// The heart, driven by hand: no thread, no socket, no clock.
#include "pipeline/heart.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using event::PreparedEvent;

// given / when / then in a few words. Positions are "1", "2", ... in order of arrival.
class HeartTest : public testing::Test {
 protected:
  void make(HeartOptions options = {}) {
    ports::Checkpoint saved;
    saved.position.token = "0";
    make_from(options, saved);
  }
  void make_from(HeartOptions options, const ports::Checkpoint& saved) {
    heart_.emplace(options, saved);
    heart_->credentials(1, now_);
  }
  static HeartOptions options(std::uint32_t workers, std::uint32_t max_retries = 17) {
    HeartOptions made;
    made.workers = workers;
    made.max_retries = max_retries;
    made.backoff = {.initial = 1s, .cap = 8s, .multiplier = 2};
    return made;
  }

  PreparedEvent next_event(const std::string& node) {
    PreparedEvent made;
    made.document_id = "doc-" + std::to_string(++next_);
    made.node = node;
    made.body = "{}";
    made.after.position.token = std::to_string(next_);
    return made;
  }
  void arrive_events(std::vector<PreparedEvent> events) {
    event::PreparedBatch batch;
    batch.events = std::move(events);
    batch.read_at = now_;
    heart_->arrived(std::move(batch), now_, wall_);
    collect();
  }
  void arrive(const std::vector<std::string>& nodes) {
    std::vector<PreparedEvent> events;
    for (const std::string& node : nodes) {
      events.push_back(next_event(node));
    }
    arrive_events(std::move(events));
  }
  void answer(std::size_t index, int status, std::optional<std::string> retry_after = {}) {
    event::Answer made;
    made.ticket = sent_.at(index);
    made.status = status;
    made.retry_after = std::move(retry_after);
    made.excerpt = "because";
    heart_->answered(made, now_, wall_);
    collect();
  }
  void tick(Duration later) {
    now_ += later;
    heart_->tick(now_);
    collect();
  }
  void collect() {
    Actions& actions = heart_->actions();
    for (const Ticket ticket : actions.sends) {
      sent_.push_back(ticket);
    }
    for (const auto& item : actions.dead_letters) {
      letters_.push_back(item);
    }
    if (actions.save) {
      saves_.push_back(*actions.save);
    }
    if (actions.reject_credentials) {
      rejected_.push_back(*actions.reject_credentials);
    }
    for (const Notice& notice : actions.notices) {
      notices_.push_back(notice);
    }
    accepted_ += actions.accepted.size();
    actions.clear();
  }
  [[nodiscard]] std::string position() const { return heart_->checkpoint().position.token; }

  std::optional<Heart> heart_;
  MonoTime now_{1000s};
  WallTime wall_{1000000s};
  int next_ = 0;
  std::vector<Ticket> sent_;
  std::vector<Actions::DeadLetter> letters_;
  std::vector<ports::Checkpoint> saves_;
  std::vector<std::uint64_t> rejected_;
  std::vector<Notice> notices_;
  std::size_t accepted_ = 0;
};

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

TEST_F(HeartTest, RetriesWithTheDocumentedDelaysAndStaysAtTheCap) {
  make(options(10, 17));
  arrive({"a"});
  for (const Duration delay : {1s, 2s, 4s, 8s, 8s, 8s}) {
    answer(sent_.size() - 1, 503);
    ASSERT_EQ(notices_.back().kind, Notice::Kind::attempt_failed);
    ASSERT_LE(notices_.back().delay, delay);
    ASSERT_GE(notices_.back().delay, delay * 7 / 10);
    const std::size_t before = sent_.size();
    tick(notices_.back().delay - 1ns);
    ASSERT_EQ(sent_.size(), before);
    tick(1ns);
    ASSERT_EQ(sent_.size(), before + 1);
  }
}

TEST_F(HeartTest, AnExhaustedEventGoesOnBeingTriedAndIsReportedOnce) {
  make(options(10, 2));
  arrive({"a"});
  for (int i = 0; i < 6; ++i) {
    answer(sent_.size() - 1, 503);
    tick(10s);
  }
  EXPECT_EQ(sent_.size(), 7u);
  EXPECT_EQ(std::ranges::count(notices_, Notice::Kind::exhausted, &Notice::kind), 1);
  EXPECT_TRUE(letters_.empty());
  answer(6, 200);
  EXPECT_EQ(position(), "1");
}

TEST_F(HeartTest, ObeysRetryAfterWhenItIsLonger) {
  make(options(10));
  arrive({"a"});
  answer(0, 429, "30");
  EXPECT_EQ(notices_.back().delay, 30s);
  tick(29s);
  EXPECT_EQ(sent_.size(), 1u);
  tick(1s);
  EXPECT_EQ(sent_.size(), 2u);
}

TEST_F(HeartTest, ARetryKeepsTheOrderOfItsNode) {
  make(options(10));
  arrive({"a", "a", "b"});
  ASSERT_EQ(sent_.size(), 2u);
  answer(0, 503);
  answer(1, 200);
  EXPECT_EQ(sent_.size(), 2u);
  tick(2s);
  ASSERT_EQ(sent_.size(), 3u);
  EXPECT_EQ(sent_[2], sent_[0]);
}

TEST_F(HeartTest, A401RefreshesOnceAndRepeatsOnceUnderTheNewToken) {
  make(options(10));
  arrive({"a", "b"});
  answer(0, 401);
  answer(1, 401);
  EXPECT_EQ(rejected_, (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(sent_.size(), 2u);
  heart_->credentials(1, now_);  // stale news must not send under the rejected token
  collect();
  EXPECT_EQ(sent_.size(), 2u);
  heart_->credentials(2, now_);
  collect();
  ASSERT_EQ(sent_.size(), 4u);
  answer(2, 200);
  answer(3, 401);
  EXPECT_EQ(rejected_, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(notices_.back().kind, Notice::Kind::attempt_failed);
  heart_->credentials(3, now_);
  collect();
  EXPECT_EQ(sent_.size(), 4u) << "the second 401 in a row waits its time";
  tick(10s);
  EXPECT_EQ(sent_.size(), 5u);
}

TEST_F(HeartTest, ARefusedEventIsSetAsideWhenTheSinkTakesOthers) {
  make(options(10));
  arrive({"a", "b"});
  answer(0, 200);
  answer(1, 400);
  ASSERT_EQ(letters_.size(), 1u);
  EXPECT_EQ(letters_[0].letter.reason, "refused");
  EXPECT_EQ(letters_[0].letter.document_id, "doc-2");
  EXPECT_EQ(letters_[0].letter.status, 400);
  EXPECT_EQ(letters_[0].letter.detail, "because");
  EXPECT_EQ(position(), "1") << "not before the letter is durable";
  heart_->dead_lettered(letters_[0].ticket, true, now_);
  EXPECT_EQ(position(), "2");
}

TEST_F(HeartTest, NothingIsSetAsideWhileTheSinkTakesNothing) {
  make(options(10));
  arrive({"a", "b", "c"});
  for (std::size_t i = 0; i < 3; ++i) {
    answer(i, 400);
  }
  EXPECT_TRUE(letters_.empty());
  tick(1s);
  ASSERT_EQ(sent_.size(), 6u);
  answer(3, 200);
  answer(4, 400);
  EXPECT_EQ(letters_.size(), 1u);
}

TEST_F(HeartTest, ARefusedEventDoesNotHideTheEvidenceBehindIt) {
  make(options(1));
  arrive({"only-node", "only-node"});
  answer(0, 400);
  ASSERT_EQ(sent_.size(), 2u) << "the next event of the node is tried";
  answer(1, 202);
  EXPECT_TRUE(letters_.empty());
  tick(5min);  // longer than the evidence lasts, but the sink took one since it refused this one
  ASSERT_EQ(sent_.size(), 3u);
  EXPECT_EQ(sent_[2], sent_[0]);
  answer(2, 400);
  EXPECT_EQ(letters_.size(), 1u);
}

TEST_F(HeartTest, ASinkThatRefusesEverythingIsNotAskedWithEveryEvent) {
  make(options(100));
  arrive(std::vector<std::string>(100, "only-node"));
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    answer(i, 400);
  }
  EXPECT_EQ(sent_.size(), 9u) << "eight step aside, the ninth blocks its lane";
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartTest, AWrongUrlNeverFillsTheDeadLetters) {
  make(options(10));
  arrive({"a", "b"});
  answer(0, 200);
  for (int i = 0; i < 50; ++i) {
    answer(sent_.size() - 1, 404);
    tick(10s);
  }
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartTest, ADeadLetterThatCannotBeStoredIsTriedAgain) {
  make(options(10));
  PreparedEvent bad = next_event("a");
  bad.kind = PreparedEvent::Kind::undecodable;
  bad.reason = "healthevent: missing";
  arrive_events(std::vector<PreparedEvent>{std::move(bad)});
  ASSERT_EQ(letters_.size(), 1u);
  EXPECT_EQ(letters_[0].letter.detail, "healthevent: missing");
  heart_->dead_lettered(letters_[0].ticket, false, now_);
  collect();
  EXPECT_EQ(position(), "0");
  tick(1s);
  ASSERT_EQ(letters_.size(), 2u);
  EXPECT_EQ(letters_[1].letter.detail, "healthevent: missing");
  heart_->dead_lettered(letters_[1].ticket, true, now_);
  EXPECT_EQ(position(), "1");
}

TEST_F(HeartTest, ASecondAnswerToOneAttemptChangesNothing) {
  make(options(1));
  arrive({"a", "b"});
  answer(0, 200);
  answer(0, 200);
  answer(0, 503);
  EXPECT_EQ(position(), "1");
  EXPECT_EQ(sent_.size(), 2u);
  EXPECT_EQ(accepted_, 1u);
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
  arrive_events(std::vector<PreparedEvent>{std::move(first)});
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

TEST_F(HeartTest, AnIdleAdvanceIsSaved) {
  make(options(1));
  event::PreparedBatch batch;
  batch.end.position.token = "99";
  heart_->arrived(std::move(batch), now_, wall_);
  collect();
  ASSERT_EQ(saves_.size(), 1u);
  EXPECT_EQ(saves_[0].position.token, "99");
}

TEST_F(HeartTest, HoldsAtMostItsBytesAndTakesOneMoreThanThat) {
  HeartOptions small = options(1);
  small.max_bytes = 1000;
  make(small);
  PreparedEvent huge = next_event("a");
  huge.body.assign(5000, 'x');
  arrive_events(std::vector<PreparedEvent>{std::move(huge)});
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

}  // namespace
}  // namespace exporter::pipeline
