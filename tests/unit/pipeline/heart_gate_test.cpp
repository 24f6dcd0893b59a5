// What a sick sink costs it, and how delivery goes on after it.
#include <algorithm>

#include "heart_fixture.h"

namespace exporter::pipeline {
namespace {

class HeartGateTest : public HeartTest {
 protected:
  // Every request in flight is answered with this.
  void answer_all(int status, std::optional<std::string> retry_after = {}) {
    for (; answered_ < sent_.size(); ++answered_) {
      answer(answered_, status, retry_after);
    }
  }
  // Lets time pass in small steps under a sink that answers everything with `status`.
  void suffer(Duration time, int status) {
    for (const MonoTime end = now_ + time; now_ < end;) {
      answer_all(status);
      tick(100ms);
    }
  }
  void arrive_nodes(int count) {
    std::vector<std::string> nodes;
    for (int index = 0; index < count; ++index) {
      nodes.push_back("node-" + std::to_string(index));
    }
    arrive(nodes);
  }
  [[nodiscard]] auto count(Notice::Kind kind) const { return std::ranges::count(notices_, kind, &Notice::kind); }

  std::size_t answered_ = 0;
};

TEST_F(HeartGateTest, AWrongUrlIsAskedNowAndThenHoweverMuchWaits) {
  make(options(10));
  arrive_nodes(500);
  suffer(60s, 404);
  EXPECT_EQ(count(Notice::Kind::sink_paused), 1);
  EXPECT_TRUE(heart_->status().sink_paused);
  EXPECT_LE(sent_.size(), 10U + 60 / 5 + 4);
  EXPECT_GE(sent_.size(), 10U + 60 / 5);
  EXPECT_TRUE(letters_.empty());
}

TEST_F(HeartGateTest, WithinSecondsAfterTheOutageEverythingIsOnItsWay) {
  make(options(1000));
  arrive_nodes(500);
  suffer(10min, 503);
  ASSERT_TRUE(heart_->status().sink_paused);
  const MonoTime well = now_;
  while (accepted_ == 0 && now_ < well + 1h) {
    tick(100ms);
    answer_all(202);
  }
  EXPECT_LE(now_, well + 5s);
  EXPECT_EQ(count(Notice::Kind::sink_recovered), 1);
  tick(1s);
  answer_all(202);
  EXPECT_EQ(accepted_, 500U);
  EXPECT_EQ(position(), "500");
}

TEST_F(HeartGateTest, WhatWaitsForItsRetryIsSpreadOverASecond) {
  HeartOptions slow = options(1000);
  slow.backoff = {.initial = 1h, .cap = 1h, .multiplier = 2};
  slow.gate.burst = 1000;  // it is the 404 that shuts it
  make(slow);
  arrive_nodes(200);
  answer_all(503);
  tick(1s);
  arrive({"one more"});
  ASSERT_EQ(sent_.size(), 201U);
  answer(200, 404);  // shuts it
  ASSERT_TRUE(heart_->status().sink_paused);
  tick(1s);
  ASSERT_EQ(sent_.size(), 202U);
  answer(201, 202);
  EXPECT_EQ(sent_.size(), 202U);
  tick(500ms);
  EXPECT_GT(sent_.size(), 202U + 60);
  EXPECT_LT(sent_.size(), 202U + 140);
  tick(500ms);
  EXPECT_EQ(sent_.size(), 402U);
}

TEST_F(HeartGateTest, OneEventThatFailsForEverDoesNotHoldUpAQuietCluster) {
  make(options(10));
  arrive({"a"});
  suffer(5min, 500);
  EXPECT_EQ(count(Notice::Kind::sink_paused), 0);
  const std::size_t before = sent_.size();
  arrive({"b"});
  EXPECT_EQ(sent_.size(), before + 1);
}

TEST_F(HeartGateTest, ProbesTakeTurnsSoThatOneBadEventCannotKeepItShut) {
  make(options(2));
  arrive({"bad", "b", "c", "d", "e"});
  answer(0, 404);
  answer(1, 404);
  ASSERT_TRUE(heart_->status().sink_paused);
  tick(5s);  // both are due again, but the probe is one that never failed
  ASSERT_EQ(sent_.size(), 3U);
  EXPECT_NE(sent_[2], sent_[0]);
  EXPECT_NE(sent_[2], sent_[1]);
  answer(2, 404);
  tick(5s);
  ASSERT_EQ(sent_.size(), 4U);
  EXPECT_NE(sent_[3], sent_[2]);
}

TEST_F(HeartGateTest, RetryAfterIsForAllEvents) {
  make(options(10));
  arrive({"a", "b"});
  answer(0, 429, "30");
  arrive({"c"});
  EXPECT_EQ(sent_.size(), 2U);
  answer(1, 202);
  tick(29s);
  EXPECT_EQ(sent_.size(), 2U);
  EXPECT_EQ(heart_->wake_at(), now_ + 1s);
  tick(1s);
  EXPECT_EQ(sent_.size(), 4U);
}

TEST_F(HeartGateTest, AShutGateWithNothingToSendWakesNobody) {
  make(options(10));
  arrive({"a"});
  answer(0, 404);
  tick(1s);  // the probe
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_GE(heart_->wake_at(), now_ + 1s) << "it is on its way: only its answer counts";
  answer(1, 202);
  tick(10s);
  EXPECT_EQ(heart_->wake_at(), kNever);
}

}  // namespace
}  // namespace exporter::pipeline
