// The whole pipeline on its real threads, with a datastore in memory, a sink and a clock that the test moves.
#include "pipeline/pipeline.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.h"
#include "support/manual_reactor.h"
#include "support/memory_store.h"
#include "support/pipeline_fakes.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Fails at will, and counts.
class CountingCheckpoints final : public ports::CheckpointStore {
 public:
  explicit CountingCheckpoints(std::unique_ptr<ports::CheckpointStore> store) : store_(std::move(store)) {}
  Result<std::optional<ports::Checkpoint>> load() override {
    if (before_load) {
      before_load();
    }
    return store_->load();
  }
  Result<void> save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) override {
    ++saves;
    return failing ? fail(ErrorKind::transient, "disk full") : store_->save(checkpoint, fence);
  }
  std::function<void()> before_load;
  std::atomic<int> saves = 0;
  std::atomic<bool> failing = false;

 private:
  std::unique_ptr<ports::CheckpointStore> store_;
};

// A network that does not answer: a call that was begun while it hangs ends with release(), and with nothing else.
class Hanging {
 public:
  void hang() { set(true); }
  void release() { set(false); }
  void pass() {
    std::unique_lock lock(mutex_);
    waiting += hanging_ ? 1 : 0;
    changed_.wait(lock, [this] { return !hanging_; });
  }
  std::atomic<int> waiting = 0;

 private:
  void set(bool hanging) {
    const std::lock_guard lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hanging_ = false;
};

class HangingSource final : public ports::Source {
 public:
  HangingSource(std::unique_ptr<ports::Source> source, Hanging& network)
      : source_(std::move(source)), network_(network) {}
  Result<event::Position> head() override { return source_->head(); }
  Result<void> open(const event::Position& position) override {
    network_.pass();
    return source_->open(position);
  }
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override {
    return source_->next(batch, max_bytes, deadline, std::move(stop));
  }

 private:
  std::unique_ptr<ports::Source> source_;
  Hanging& network_;
};

class PipelineTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (running_.valid()) {
      pipeline_->stop();
      pipeline_->stop();
      EXPECT_TRUE(ended());
    }
  }
  void insert(const std::string& id) { store_.insert(id, document("node-" + id), WallTime(900s)); }
  void start() {
    options_.heart.workers = 4;
    pipeline_.emplace(options_, Parts{.source = *source_,
                                      .history = *history_,
                                      .documents = *documents_,
                                      .preparer = stages_.preparer,
                                      .checkpoints = checkpoints_,
                                      .dead_letters = *dead_letters_,
                                      .sink = sink_,
                                      .credentials = credentials_,
                                      .reactor = reactor_,
                                      .clock = clock_,
                                      .metrics = metrics_,
                                      .abandon = abandon_});
    running_ = std::async(std::launch::async, [this] { return pipeline_->run(); });
  }
  // Running, and the first position is saved.
  void start_up() {
    start();
    ASSERT_TRUE(reactor_.eventually([&] { return store_.checkpoint().has_value(); }));
  }
  bool sent(std::size_t count) {
    return reactor_.eventually([&] { return sink_.bodies().size() >= count; }) && sink_.bodies().size() == count;
  }
  bool is_running() { return running_.wait_for(0s) != std::future_status::ready; }
  bool ended(Duration each = Duration::zero()) {
    return reactor_.eventually([&] { return !is_running(); }, each);
  }
  // What run() ended with.
  std::optional<Error> failure() {
    const Result<void> result = running_.get();
    return result ? std::nullopt : std::optional(result.error());
  }
  std::string position() { return store_.checkpoint() ? store_.checkpoint()->position.token : ""; }

  testing::ManualClock clock_;
  testing::MemoryStore store_;
  std::unique_ptr<ports::Source> source_ = store_.source(clock_);
  std::unique_ptr<ports::History> history_ = store_.history();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  std::unique_ptr<ports::DeadLetters> dead_letters_ = store_.dead_letters();
  CountingCheckpoints checkpoints_{store_.checkpoints()};
  testing::ManualReactor reactor_{clock_};
  testing::FakeSink sink_{reactor_};
  testing::FakeCredentials credentials_;
  metrics::Metrics metrics_;
  Stages stages_;
  PipelineOptions options_;
  std::function<void(const Result<void>&)> abandon_;
  std::optional<Pipeline> pipeline_;
  std::future<Result<void>> running_;
};

TEST_F(PipelineTest, DeliversAndSavesTheLastPositionBeforeItEnds) {
  start_up();
  insert("a");
  insert("b");
  ASSERT_TRUE(sent(2));
  EXPECT_THAT(sink_.bodies()[0], HasSubstr(R"("nodeName":"node-a")"));
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), std::nullopt);
  EXPECT_EQ(position(), "memory/2");
}

TEST_F(PipelineTest, TheFirstPositionIsSavedBeforeAnythingIsSent) {
  insert("old");
  options_.reader.backfill = {.enabled = true, .max_age = 720h, .max_events = 10, .page_size = 10, .rate_limit = 0};
  sink_.hold();
  start();
  ASSERT_TRUE(sent(1));
  ASSERT_TRUE(store_.checkpoint());
  EXPECT_EQ(store_.checkpoint()->backfill.state, ports::Backfill::State::running);
  EXPECT_EQ(position(), "memory/1");
  sink_.release();
  insert("new");
  ASSERT_TRUE(sent(2));
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(position(), "memory/2");
  EXPECT_EQ(store_.checkpoint()->backfill,
            (ports::Backfill{.state = ports::Backfill::State::done, .cursor = "", .sent = 1, .total = 1}));
}

TEST_F(PipelineTest, AStopWaitsForWhatIsInFlight) {
  sink_.hold();
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  pipeline_->stop();
  insert("b");
  EXPECT_TRUE(is_running());
  sink_.release();
  ASSERT_TRUE(ended());
  EXPECT_EQ(sink_.bodies().size(), 1u);
  EXPECT_EQ(position(), "memory/1");
}

TEST_F(PipelineTest, TheDrainTimeoutCutsOffWhatIsInFlight) {
  sink_.hold();
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  const MonoTime begin = clock_.now();
  pipeline_->stop();
  ASSERT_TRUE(ended(100ms));
  EXPECT_GE(clock_.now() - begin, options_.drain_timeout);
  EXPECT_EQ(position(), "memory/0");
}

TEST_F(PipelineTest, ASecondStopSkipsTheDrain) {
  sink_.hold();
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  pipeline_->stop();
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), std::nullopt);
  EXPECT_EQ(position(), "memory/0");
}

TEST_F(PipelineTest, CorruptProgressAtTheStartEndsWithThatError) {
  store_.fail_next({ErrorKind::corrupt, "damaged"});
  insert("a");
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), (Error{ErrorKind::corrupt, "damaged"}));
  EXPECT_EQ(store_.checkpoint(), std::nullopt);
  EXPECT_TRUE(sink_.bodies().empty());
}

TEST_F(PipelineTest, ADatastoreThatDoesNotAnswerAtTheStartIsAskedAgain) {
  for (int i = 0; i < 3; ++i) {
    store_.fail_next({ErrorKind::transient, "busy"});
  }
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return store_.checkpoint().has_value(); }, 50ms));
  insert("a");
  EXPECT_TRUE(sent(1));
}

TEST_F(PipelineTest, AStopWhileWaitingForTheDatastoreIsNoError) {
  store_.fail_next({ErrorKind::transient, "busy"});
  start();
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), std::nullopt);
}

TEST_F(PipelineTest, ReadingGoesOnAfterAnError) {
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  ASSERT_TRUE(reactor_.eventually([&] { return position() == "memory/1"; }, 100ms));
  store_.fail_next({ErrorKind::transient, "busy"});  // meets the source: nothing else calls the store now
  ASSERT_TRUE(reactor_.eventually([&] { return metrics_.text().find("source_errors_total 1") != std::string::npos; }));
  insert("b");
  EXPECT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 2; }, 100ms));
}

TEST_F(PipelineTest, CorruptDataWhileReadingEndsWithThatError) {
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  ASSERT_TRUE(reactor_.eventually([&] { return position() == "memory/1"; }, 100ms));
  store_.fail_next({ErrorKind::corrupt, "damaged"});
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), (Error{ErrorKind::corrupt, "damaged"}));
}

TEST_F(PipelineTest, AStoreThatFailsNeitherStopsTheDeliveryNorIsAskedWithoutAPause) {
  start_up();
  checkpoints_.failing = true;
  checkpoints_.saves = 0;
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  ASSERT_TRUE(sent(3));
  const MonoTime begin = clock_.now();
  pipeline_->stop();
  ASSERT_TRUE(ended(50ms));
  EXPECT_GE(clock_.now() - begin, options_.drain_timeout) << "the last save was tried for as long as there was time";
  EXPECT_LE(checkpoints_.saves, 20);
  EXPECT_EQ(position(), "memory/0");
}

TEST_F(PipelineTest, A401IsRepeatedUnderTheNextToken) {
  sink_.answer_next({401});
  start_up();
  insert("a");
  ASSERT_TRUE(sent(2));
  EXPECT_EQ(sink_.tokens(),
            (std::vector<std::string>{testing::FakeCredentials::token(1), testing::FakeCredentials::token(2)}));
  EXPECT_EQ(sink_.bodies()[0], sink_.bodies()[1]);
}

TEST_F(PipelineTest, BodyAndTokenStayWhereTheyAreUntilTheAnswer) {
  sink_.hold();
  start_up();
  insert("a");
  insert("b");
  ASSERT_TRUE(sent(2));
  credentials_.renew();
  std::atomic<bool> known = false;  // the loop has heard of it
  reactor_.post([&] { known = true; });
  ASSERT_TRUE(reactor_.eventually([&] { return known.load(); }));
  for (int i = 0; i < 50; ++i) {
    insert("more-" + std::to_string(i));
  }
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.tokens().back() == testing::FakeCredentials::token(2); }));
  sink_.release();
  ASSERT_TRUE(sent(52));
  EXPECT_EQ(sink_.changed_meanwhile(), 0u);
}

TEST_F(PipelineTest, AFailedAttemptIsRepeatedWhenItsTimeHasCome) {
  sink_.answer_next({503});
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  EXPECT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 2; }, 100ms));
}

TEST_F(PipelineTest, WhatCannotBeDecodedBecomesADeadLetter) {
  start_up();
  store_.insert("bad", R"({"healthevent":7})");
  ASSERT_TRUE(reactor_.eventually([&] { return store_.letters().size() == 1; }));
  EXPECT_EQ(store_.letters()[0].document_id, "bad");
  EXPECT_EQ(store_.letters()[0].reason, "undecodable");
  EXPECT_TRUE(reactor_.eventually([&] { return position() == "memory/1"; }, 100ms));
}

TEST_F(PipelineTest, AStopDoesNotWaitForASourceThatHangs) {
  Hanging network;
  source_ = std::make_unique<HangingSource>(std::move(source_), network);
  std::atomic<int> abandoned = 0;
  abandon_ = [&](const Result<void>& result) {
    EXPECT_TRUE(result);
    ++abandoned;
    network.release();  // the process would end here
  };
  network.hang();
  start_up();
  ASSERT_TRUE(reactor_.eventually([&] { return network.waiting == 1; }));
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(failure(), std::nullopt);
  EXPECT_EQ(abandoned, 1);
}

TEST_F(PipelineTest, AStopDoesNotWaitForTheFirstAnswerEither) {
  Hanging network;
  checkpoints_.before_load = [&] { network.pass(); };
  std::atomic<int> abandoned = 0;
  abandon_ = [&](const Result<void>&) {
    ++abandoned;
    network.release();
  };
  network.hang();
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return network.waiting == 1; }));
  EXPECT_EQ(pipeline_->unhealthy(), std::nullopt);
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(abandoned, 1);
}

TEST_F(PipelineTest, ThreadsThatEndInTimeAreNotAbandoned) {
  std::atomic<int> abandoned = 0;
  abandon_ = [&](const Result<void>&) { ++abandoned; };
  start_up();
  pipeline_->stop();
  ASSERT_TRUE(ended());
  EXPECT_EQ(abandoned, 0);
}

TEST_F(PipelineTest, CountsAsUnhealthyWhenTheLoopDoesNotTurn) {
  start_up();
  ASSERT_TRUE(reactor_.eventually([&] { return clock_.now() > MonoTime(1100s) && !pipeline_->unhealthy(); }, 1s));
  pipeline_->stop();
  ASSERT_TRUE(ended());
  clock_.advance(60s);
  EXPECT_THAT(pipeline_->unhealthy().value_or(""), HasSubstr("the delivery loop has not turned for 6"));
}

}  // namespace
}  // namespace exporter::pipeline
