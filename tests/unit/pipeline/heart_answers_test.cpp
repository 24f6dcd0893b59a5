// What each answer of the sink does to an event: retries, tokens, dead letters.
#include <algorithm>

#include "heart_fixture.h"

namespace exporter::pipeline {
namespace {

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
  ASSERT_EQ(sent_.size(), 5u);
  answer(4, 401);
  heart_->credentials(4, now_);
  collect();
  EXPECT_EQ(sent_.size(), 6u) << "a new attempt has its own repeat";
}

TEST_F(HeartTest, ARepeatThatFailsOtherwiseUsesUpNoOther) {
  make(options(10));
  arrive({"a"});
  for (std::uint64_t generation = 2; generation < 5; ++generation) {
    answer(sent_.size() - 1, 401);
    heart_->credentials(generation, now_);
    collect();
    answer(sent_.size() - 1, 503);  // the repeat
    tick(10s);
  }
  EXPECT_EQ(sent_.size(), 7u);
  EXPECT_EQ(rejected_, (std::vector<std::uint64_t>{1, 2, 3}));
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

TEST_F(HeartTest, OldAcceptancesAreNoEvidence) {
  make(options(10));
  arrive({"a"});
  answer(0, 200);
  tick(61s);
  arrive({"b"});
  answer(1, 400);
  EXPECT_TRUE(letters_.empty());
  ASSERT_EQ(notices_.size(), 1u);
  EXPECT_EQ(notices_[0].kind, Notice::Kind::refused_waiting);
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
  arrive_event(std::move(bad));
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

TEST_F(HeartTest, ALetterKeepsTheStartOfALongNodeNameInWholeCharacters) {
  make(options(2));
  const std::string longest(ports::kLetterNodeBytes, 'n');
  // The two bytes of the last character lie on both sides of the bound.
  arrive({longest, longest.substr(1) + "\u00fc" + std::string(10'000, 'x')});
  answer(0, 202);
  answer(1, 400);
  ASSERT_EQ(letters_.size(), 1u);
  EXPECT_EQ(letters_[0].letter.node, longest.substr(1));
  arrive({longest});
  answer(2, 400);
  ASSERT_EQ(letters_.size(), 2u);
  EXPECT_EQ(letters_[1].letter.node, longest);
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

TEST_F(HeartTest, ASecondFailureOfOneAttemptChangesNothing) {
  make(options(1));
  arrive({"a"});
  answer(0, 503);
  answer(0, 503);
  EXPECT_EQ(heart_->status().waiting_for_retry, 1u);
  EXPECT_EQ(heart_->status().in_flight, 0u);
  EXPECT_EQ(notices_.size(), 1u);
}

}  // namespace
}  // namespace exporter::pipeline
