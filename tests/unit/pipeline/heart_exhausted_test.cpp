// What becomes of an event that the sink never takes: whose fault it is, and what each setting of on_exhausted does.
#include <algorithm>

#include "heart_fixture.h"

namespace exporter::pipeline {
namespace {

class HeartExhaustedTest : public HeartTest {
 protected:
  // Lets `wait` pass, then answers `bad` with `status` each time it was sent.
  void fail_again(Ticket bad, int status, Duration wait = 10s) {
    const std::size_t before = sent_.size();
    tick(wait);
    const std::size_t after = sent_.size();
    for (std::size_t i = before; i < after; ++i) {
      answer(i, sent_[i] == bad ? status : 202);
    }
  }
  // An event of another node comes and is accepted.
  void accept_another() {
    arrive({"well"});
    answer(sent_.size() - 1, 202);
  }
  [[nodiscard]] std::ptrdiff_t noticed(Notice::Kind kind) const {
    return std::ranges::count(notices_, kind, &Notice::kind);
  }
  static HeartOptions with(OnExhausted rule, std::uint32_t max_retries) {
    HeartOptions made = options(10, max_retries);
    made.on_exhausted = rule;
    return made;
  }
};

TEST_F(HeartExhaustedTest, AnEventThatFailsWhileOthersAreAcceptedEndsAsADeadLetter) {
  make(options(10, 6));
  arrive({"bad", "bad"});
  answer(0, 500);
  accept_another();
  for (int i = 0; i < 5; ++i) {
    fail_again(sent_[0], 500);
  }
  EXPECT_TRUE(letters_.empty()) << "one retry is left";
  fail_again(sent_[0], 500);
  ASSERT_EQ(letters_.size(), 1u);
  EXPECT_EQ(letters_[0].letter.reason, "exhausted");
  EXPECT_EQ(letters_[0].letter.document_id, "doc-1");
  EXPECT_EQ(letters_[0].letter.status, 500);
  EXPECT_EQ(letters_[0].letter.attempts, 7u);
  EXPECT_EQ(noticed(Notice::Kind::exhausted), 1);
  EXPECT_FALSE(sent_.back() == sent_[0]) << "its lane goes on";
  EXPECT_EQ(position(), "0") << "not before the letter is durable";
}

TEST_F(HeartExhaustedTest, FewRetriesStillMeanFiveFailures) {
  make(options(10, 0));
  arrive({"bad"});
  answer(0, 500);
  accept_another();
  for (int i = 0; i < 3; ++i) {
    fail_again(sent_[0], 500);
  }
  EXPECT_TRUE(letters_.empty());
  fail_again(sent_[0], 500);
  EXPECT_EQ(letters_.size(), 1u);
}

TEST_F(HeartExhaustedTest, WithoutAnAcceptanceSinceItsFirstFailureItWaits) {
  make(options(10, 2));
  accept_another();
  arrive({"bad"});
  answer(1, 500);
  for (int i = 0; i < 20; ++i) {
    fail_again(sent_[1], 500);
  }
  EXPECT_TRUE(letters_.empty()) << "the sink may have become ill with this very event";
  accept_another();
  fail_again(sent_[1], 500);
  EXPECT_EQ(letters_.size(), 1u) << "the next accepted event settles the question";
}

TEST_F(HeartExhaustedTest, AnotherEventsFirstFailureCastsDoubtOnTheSink) {
  make(options(10, 2));
  arrive({"bad"});
  answer(0, 500);
  accept_another();
  arrive({"other"});
  const Ticket other = sent_.back();
  answer(sent_.size() - 1, 503);
  for (int i = 0; i < 20; ++i) {
    const std::size_t before = sent_.size();
    tick(10s);
    for (std::size_t k = before; k < sent_.size(); ++k) {
      answer(k, 503);
    }
  }
  EXPECT_TRUE(letters_.empty()) << "everything fails now";
  const std::size_t before = sent_.size();
  tick(10s);
  for (std::size_t k = before; k < sent_.size(); ++k) {
    answer(k, sent_[k] == other ? 202 : 500);
  }
  for (int i = 0; i < 6; ++i) {
    fail_again(sent_[0], 500);
  }
  EXPECT_EQ(letters_.size(), 1u) << "the other one was accepted";
}

TEST_F(HeartExhaustedTest, AnOutageSpendsNoRetries) {
  make(options(10, 6));
  arrive({"bad"});
  answer(0, 500);
  accept_another();
  arrive({"x", "y"});
  for (std::size_t k = 2; k < sent_.size() && k < 200; ++k) {
    answer(k, 404);  // the gate shuts
    tick(10s);
  }
  ASSERT_TRUE(heart_->status().sink_paused);
  const std::size_t before = sent_.size();
  answer(before - 1, 202);
  ASSERT_FALSE(heart_->status().sink_paused);
  tick(1s);
  for (std::size_t k = before; k < sent_.size(); ++k) {
    answer(k, sent_[k] == sent_[0] ? 500 : 202);
  }
  EXPECT_TRUE(letters_.empty()) << "it was tried a hundred times, but hardly ever at a sink that was well";
}

TEST_F(HeartExhaustedTest, OneEventThatIsForbiddenWhileOthersAreNotIsTheEventsFault) {
  make(options(10, 4));
  arrive({"bad"});
  answer(0, 403);
  ASSERT_TRUE(heart_->status().sink_paused) << "so far it may be the sink";
  arrive({"well"});
  tick(1s);
  ASSERT_EQ(sent_.size(), 2u) << "the probe is the other one";
  answer(1, 202);
  ASSERT_EQ(sent_.size(), 3u) << "its time had come";
  answer(2, 403);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(heart_->status().sink_paused);
    accept_another();
    fail_again(sent_[0], 403);
  }
  fail_again(sent_[0], 403);
  EXPECT_TRUE(letters_.empty()) << "the last one does not count: nothing was accepted since the one before";
  accept_another();
  fail_again(sent_[0], 403);
  EXPECT_EQ(letters_.size(), 1u);
}

TEST_F(HeartExhaustedTest, EventsThatAreKnownToFailDoNotPauseAQuietCluster) {
  make(options(10, 1000));
  arrive({"bad-1", "bad-2", "bad-3", "well"});
  for (std::size_t k = 0; k < 3; ++k) {
    answer(k, 500);
  }
  answer(3, 202);
  for (int i = 0; i < 20; ++i) {
    const std::size_t before = sent_.size();
    tick(10s);
    for (std::size_t k = before; k < sent_.size(); ++k) {
      answer(k, 500);
    }
  }
  EXPECT_FALSE(heart_->status().sink_paused);
  const std::size_t before = sent_.size();
  arrive({"next"});
  EXPECT_EQ(sent_.size(), before + 1);
}

TEST_F(HeartExhaustedTest, WaitNeverSetsAsideAndKeepsTheOrder) {
  make(with(OnExhausted::wait, 2));
  arrive({"bad", "bad"});
  answer(0, 400);
  EXPECT_EQ(sent_.size(), 1u) << "the refused event blocks its lane";
  accept_another();
  for (int i = 0; i < 30; ++i) {
    fail_again(sent_[0], i % 2 == 0 ? 400 : 500);
  }
  EXPECT_TRUE(letters_.empty());
  EXPECT_EQ(noticed(Notice::Kind::exhausted), 1);
  fail_again(sent_[0], 202);
  EXPECT_EQ(accepted_, 2u);
  EXPECT_FALSE(sent_.back() == sent_[0]);
}

TEST_F(HeartExhaustedTest, DeadLetterNeedsNoEvidence) {
  make(with(OnExhausted::dead_letter, 2));
  arrive({"a", "b"});
  for (std::size_t k = 0; k < 6; ++k) {
    ASSERT_LT(k, sent_.size());
    answer(k, sent_[k] == sent_[0] ? 503 : 400);
    tick(4s);
  }
  ASSERT_EQ(letters_.size(), 2u);
  EXPECT_EQ(letters_[0].letter.reason, "exhausted");
  EXPECT_EQ(letters_[1].letter.reason, "refused");
  EXPECT_EQ(letters_[1].letter.attempts, 3u);
}

TEST_F(HeartExhaustedTest, DeadLetterSpendsNoRetriesInAnOutageEither) {
  make(with(OnExhausted::dead_letter, 2));
  arrive({"a", "b"});
  for (std::size_t k = 0; k < sent_.size() && k < 100; ++k) {
    answer(k, 404);
    tick(10s);
  }
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartExhaustedTest, ExitGivesUpOnceAndKeepsTheEventUnsettled) {
  make(with(OnExhausted::exit, 2));
  arrive({"a", "b", "c"});
  bool gave_up = false;
  for (std::size_t k = 0; k < 9; ++k) {
    ASSERT_LT(k, sent_.size());
    EXPECT_FALSE(gave_up);
    event::Answer made;
    made.ticket = sent_[k];
    made.status = 404;
    heart_->answered(made, now_, wall_);
    gave_up = heart_->actions().give_up;
    collect();
    if (gave_up) {
      break;
    }
    tick(4s);
  }
  EXPECT_TRUE(gave_up);
  EXPECT_FALSE(heart_->status().sink_paused) << "each event spends its retries for itself";
  EXPECT_TRUE(letters_.empty());
  EXPECT_EQ(position(), "0");
}

TEST_F(HeartExhaustedTest, ARequestCutOffByOurOwnEndSpendsNoRetry) {
  make(with(OnExhausted::dead_letter, 0));
  arrive({"a"});
  event::Answer cut;
  cut.ticket = sent_[0];
  cut.failure = event::TransportFailure::closed;
  heart_->answered(cut, now_, wall_);
  collect();
  EXPECT_TRUE(letters_.empty());
  EXPECT_EQ(noticed(Notice::Kind::exhausted), 0);
}

// One node's every event fails for ever, and its backlog has filled the memory.
class HeartStuckTest : public HeartExhaustedTest {
 protected:
  void SetUp() override {
    HeartOptions full = options(10, 1000);
    full.max_bytes = 1;
    full.let_in_when_nothing_moves = 0;
    make(full);
    arrive({"stuck", "well", "stuck", "stuck"});
    answer(0, 500);
  }
};

TEST_F(HeartStuckTest, AStuckNodeThatFillsTheMemoryIsDecidedBeforeItsRetriesAreUsedUp) {
  answer(1, 202);
  while (letters_.empty() && now_ < MonoTime(1000s) + 2min) {
    fail_again(sent_[0], 500, 8s);
  }
  ASSERT_EQ(letters_.size(), 1u);
  EXPECT_GE(now_, MonoTime(1000s) + 30s);
  EXPECT_EQ(letters_[0].letter.reason, "exhausted");
  ASSERT_FALSE(sent_.back() == sent_[0]) << "the next one of the node";
  answer(sent_.size() - 1, 500);
  EXPECT_EQ(letters_.size(), 2u) << "decided with its first failure";
  answer(sent_.size() - 1, 202);
  accept_another();
  arrive({"stuck"});
  answer(sent_.size() - 1, 500);
  EXPECT_EQ(letters_.size(), 2u) << "the node had an event accepted: it starts afresh";
}

TEST_F(HeartStuckTest, NotWithoutEvidence) {
  answer(1, 503);
  for (int i = 0; i < 30; ++i) {
    const std::size_t before = sent_.size();
    tick(8s);
    for (std::size_t k = before; k < sent_.size(); ++k) {
      answer(k, 500);
    }
  }
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartStuckTest, WhenAllThatIsHeldIsOfOneNodeItRunsInParallelToFindEvidence) {
  answer(1, 202);
  heart_.reset();
  sent_.clear();
  HeartOptions full = options(10, 1000);
  full.max_bytes = 1;
  full.let_in_when_nothing_moves = 0;
  make(full);
  arrive({"only", "only", "only"});
  answer(0, 500);
  for (int i = 0; i < 10 && sent_.back() == sent_[0]; ++i) {
    fail_again(sent_[0], 500, 8s);
  }
  ASSERT_FALSE(sent_.back() == sent_[0]) << "the others go out, too";
  EXPECT_GE(now_, MonoTime(1000s) + 30s);
  EXPECT_EQ(heart_->status().relaxations, 1u);
  answer(sent_.size() - 1, 202);
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartExhaustedTest, DeadLettersFreeMemoryThatIsFullEvenInAnOutage) {
  HeartOptions full = with(OnExhausted::dead_letter, 2);
  full.max_bytes = 1;
  make(full);
  arrive({"a"});
  for (std::size_t k = 0; k < sent_.size() && k < 100; ++k) {
    answer(k, 404);
    tick(10s);
  }
  EXPECT_EQ(letters_.size(), 1u);
}

TEST_F(HeartTest, AFewLargeEventsThatWaitLetOthersIn) {
  HeartOptions small = options(10);
  small.max_bytes = 1;
  make(small);
  arrive({"a"});
  EXPECT_FALSE(heart_->wants_more()) << "it is in flight";
  answer(0, 400);
  EXPECT_TRUE(heart_->wants_more()) << "only another event can show whose fault it is";
  arrive({"b", "c", "d", "e", "f", "g", "h"});
  for (std::size_t k = 1; k < sent_.size(); ++k) {
    answer(k, 400);
  }
  EXPECT_FALSE(heart_->wants_more()) << "eight refused events are no accident";
}

}  // namespace
}  // namespace exporter::pipeline
