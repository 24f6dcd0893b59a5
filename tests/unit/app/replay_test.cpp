#include "app/replay_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/manual_clock.h"
#include "support/manual_reactor.h"
#include "support/memory_store.h"
#include "support/pipeline_fakes.h"

namespace exporter::app {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kPlenty = 1 << 20;

class Replay : public ::testing::Test {
 protected:
  // Letters and documents a, b, c, d.
  Replay() {
    for (const std::string& id : kIds) {
      store_.insert(id, "{\"id\": \"" + id + "\"}");
      EXPECT_TRUE(stored_->put(letter(id)));
    }
  }
  static ports::DeadLetter letter(const std::string& id) {
    return {.document_id = id,
            .event_id = "event-" + id,
            .node = "n",
            .reason = "refused",
            .detail = "no",
            .status = 400,
            .attempts = 5,
            .at = {}};
  }
  Result<void> save(const std::string& place) {
    return checkpoints_.save({.position = {place}, .watermark = {}, .backfill = {}}, {});
  }
  Result<void> read() { return source_.next(batch_, kPlenty, clock_.now(), {}); }
  std::vector<std::string> left() {
    std::vector<std::string> ids;
    for (const auto& each : store_.letters()) {
      ids.push_back(each.document_id);
    }
    return ids;
  }

  static inline const std::vector<std::string> kIds{"a", "b", "c", "d"};
  testing::ManualClock clock_;
  testing::MemoryStore store_;
  std::unique_ptr<ports::DeadLetters> stored_ = store_.dead_letters();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  ReplayBook book_{kIds, clock_.now()};
  int ended_ = 0;
  ReplaySource source_{book_, *documents_, clock_};
  ReplayCheckpoints checkpoints_{book_, *stored_, [this] { ++ended_; }};
  ReplayLetters letters_{book_, *stored_};
  event::RawBatch batch_;
};

TEST_F(Replay, ReadsTheDocumentsFromAnyPositionAndThenNothingMore) {
  ASSERT_TRUE(source_.open(checkpoints_.load().value()->position));
  ASSERT_TRUE(read());
  ASSERT_EQ(batch_.size(), 4U);
  EXPECT_EQ(batch_[2].document, R"({"id": "c"})");
  EXPECT_EQ(batch_[2].after.position.token, "3");
  EXPECT_EQ(batch_.end.position, source_.head().value());
  ASSERT_TRUE(read());
  EXPECT_TRUE(batch_.empty());
  EXPECT_TRUE(batch_.end.position.empty());
  ASSERT_TRUE(source_.open({"3"}));
  ASSERT_TRUE(read());
  EXPECT_EQ(batch_[0].document_id, "d");
  EXPECT_EQ(source_.open({"x"}).error().kind, ErrorKind::invalid);
}

TEST_F(Replay, WhatIsGoneIsPassedOverAndItsLetterStays) {
  store_.remove("a");
  store_.remove("d");
  ASSERT_TRUE(source_.open({"0"}));
  ASSERT_TRUE(read());
  ASSERT_EQ(batch_.size(), 2U);
  EXPECT_EQ(batch_[0].document_id, "b");
  EXPECT_EQ(batch_[0].after.position.token, "2");
  EXPECT_EQ(batch_.end.position.token, "4");
  ASSERT_TRUE(save("4"));
  EXPECT_THAT(left(), ElementsAre("a", "d"));
  const ReplayReport report = book_.report();
  EXPECT_EQ(report.replayed, 2U);
  EXPECT_EQ(report.gone, 2U);
  EXPECT_EQ(report.left(), 0U);
  EXPECT_THAT(report.notes[0], HasSubstr("a: its event is not stored any more"));
}

TEST_F(Replay, ASavedPositionRemovesTheLettersBeforeItAndNoOthers) {
  ASSERT_TRUE(save("2"));
  EXPECT_THAT(left(), ElementsAre("c", "d"));
  EXPECT_EQ(ended_, 0);
  ASSERT_TRUE(save("2"));
  ASSERT_TRUE(save("4"));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(book_.report().replayed, 4U);
  EXPECT_EQ(ended_, 1);
}

TEST_F(Replay, ALetterThatIsPutAgainStaysWithAllItsAttempts) {
  auto again = letter("b");
  again.attempts = 3;
  again.status = 422;
  ASSERT_TRUE(letters_.put(again));
  ASSERT_TRUE(save("4"));
  ASSERT_THAT(left(), ElementsAre("b"));
  EXPECT_EQ(store_.letters()[0].attempts, 8U);
  EXPECT_EQ(store_.letters()[0].status, 422);
  EXPECT_EQ(book_.report().refused, 1U);
  EXPECT_THAT(book_.report().notes, ElementsAre("b: refused 422: no"));
}

TEST_F(Replay, AFailedRemovalIsDoneAgainAndEndsNothing) {
  store_.fail_next({ErrorKind::transient, "locked"});
  EXPECT_FALSE(save("4"));
  EXPECT_EQ(ended_, 0);
  EXPECT_EQ(book_.report().replayed, 0U);
  EXPECT_EQ(book_.last_trouble(), "locked");
  ASSERT_TRUE(save("4"));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(ended_, 1);
}

TEST_F(Replay, AFailedPutIsNotTakenForALetterThatStays) {
  store_.fail_next({ErrorKind::transient, "locked"});
  EXPECT_FALSE(letters_.put(letter("b")));
  EXPECT_EQ(book_.report().refused, 0U);
  EXPECT_EQ(book_.last_trouble(), "locked");
}

TEST_F(Replay, OnlyAJudgementOfAnEventIsProgress) {
  testing::ManualReactor reactor(clock_);
  testing::FakeSink fake(reactor);
  ReplaySink sink(book_, fake, clock_);
  std::atomic<int> answers = 0;
  sink.on_answer([&](const event::Answer&) { ++answers; });
  std::jthread loop([&] { reactor.run(); });
  const auto send = [&](int status) {
    const int before = answers;
    fake.answer_next({status});
    reactor.post([&] { sink.send({.ticket = {}, .body = "{}", .bearer_token = "t"}); });
    EXPECT_TRUE(reactor.eventually([&] { return answers > before; }));
  };
  for (const int status : {202, 409, 400, 422}) {
    clock_.advance(std::chrono::seconds(1));
    send(status);
    EXPECT_EQ(book_.last_progress(), clock_.now()) << status;
  }
  const MonoTime last = book_.last_progress();
  for (const int status : {503, 404, 401, 301}) {
    clock_.advance(std::chrono::seconds(1));
    send(status);
    EXPECT_EQ(book_.last_progress(), last) << status;
    EXPECT_THAT(book_.last_trouble(), HasSubstr("the sink answers " + std::to_string(status)));
  }
  reactor.stop();
}

}  // namespace

}  // namespace exporter::app
