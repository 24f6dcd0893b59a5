// The pipeline under a lease that lapses, comes back and is lost.
#include <future>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "checkpoint/tenure.h"
#include "fixture.h"
#include "pipeline/pipeline.h"
#include "support/manual_reactor.h"
#include "support/memory_store.h"
#include "support/pipeline_fakes.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using ports::LeaseRecord;

const ports::Fence kOurs{.holder = "me", .epoch = 5};

class PipelineLeaseTest : public ::testing::Test {
 protected:
  PipelineLeaseTest() { store_.set_lease_record(LeaseRecord{.holder = "me", .epoch = 5, .beat = 0}); }
  void TearDown() override {
    if (running_.valid()) {
      pipeline_.stop();
      pipeline_.stop();
      EXPECT_TRUE(ended());
    }
  }
  void start() {
    running_ = std::async(std::launch::async, [this] { return pipeline_.run(); });
  }
  void start_up() {
    start();
    ASSERT_TRUE(reactor_.eventually([&] { return store_.checkpoint().has_value(); }));
  }
  void insert(const std::string& id) { store_.insert(id, document("node-" + id), WallTime(900s)); }
  bool sent(std::size_t count) {
    return reactor_.eventually([&] { return sink_.bodies().size() >= count; });
  }
  bool ended() {
    return reactor_.eventually([&] { return running_.wait_for(0s) == std::future_status::ready; });
  }
  // The metrics, while the clock moves on.
  bool reads(const std::string& line, Duration each) {
    return reactor_.eventually([&] { return metrics_.text().find(line) != std::string::npos; }, each);
  }
  [[nodiscard]] std::string position() const { return store_.checkpoint()->position.token; }

  testing::ManualClock clock_;
  testing::MemoryStore store_;
  std::unique_ptr<ports::Source> source_ = store_.source(clock_);
  std::unique_ptr<ports::History> history_ = store_.history();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  std::unique_ptr<ports::CheckpointStore> checkpoints_ = store_.checkpoints();
  std::unique_ptr<ports::DeadLetters> dead_letters_ = store_.dead_letters();
  testing::ManualReactor reactor_{clock_};
  testing::FakeSink sink_{reactor_};
  testing::FakeCredentials credentials_;
  metrics::Metrics metrics_;
  Stages stages_;
  checkpoint::Tenure tenure_{kOurs, clock_.now() + 3s};
  Pipeline pipeline_{PipelineOptions{}, Parts{.source = *source_,
                                              .history = *history_,
                                              .documents = *documents_,
                                              .preparer = stages_.preparer,
                                              .checkpoints = *checkpoints_,
                                              .dead_letters = *dead_letters_,
                                              .sink = sink_,
                                              .credentials = credentials_,
                                              .reactor = reactor_,
                                              .clock = clock_,
                                              .metrics = metrics_,
                                              .tenure = &tenure_,
                                              .abandon = {}}};
  std::future<Result<void>> running_;
};

TEST_F(PipelineLeaseTest, DeliversAndSavesUnderItsTenure) {
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  pipeline_.stop();
  ASSERT_TRUE(ended());
  EXPECT_TRUE(running_.get());
  EXPECT_EQ(position(), "memory/1");
}

TEST_F(PipelineLeaseTest, ALeaseThatIsNotRenewedInTimePausesTheSendingUntilItIs) {
  start_up();
  insert("a");
  ASSERT_TRUE(sent(1));
  // By itself: nobody tells it.
  clock_.advance(3s);
  ASSERT_TRUE(reads("lease_held 0", 100ms));
  insert("b");
  ASSERT_TRUE(reads("queue_events 1", 100ms));
  EXPECT_EQ(sink_.bodies().size(), 1U);
  tenure_.extend(clock_.now() + 3s);
  pipeline_.lease_changed();
  EXPECT_TRUE(sent(2));
}

TEST_F(PipelineLeaseTest, ALostLeaseEndsItWithoutASave) {
  tenure_.extend(clock_.now() + 1h);
  start_up();
  insert("a");
  ASSERT_TRUE(reactor_.eventually([&] { return position() == "memory/1"; }, 100ms));
  // From here on the clock stands still, so the next save is not due.
  insert("b");
  ASSERT_TRUE(sent(2));
  tenure_.end();
  pipeline_.lease_changed();
  ASSERT_TRUE(ended());
  EXPECT_EQ(running_.get().error().kind, ErrorKind::not_leader);
  EXPECT_EQ(position(), "memory/1");
}

TEST_F(PipelineLeaseTest, ASaveThatIsFencedOffEndsIt) {
  start_up();
  const auto before = store_.checkpoint();
  store_.set_lease_record(LeaseRecord{.holder = "other", .epoch = 6, .beat = 0});
  insert("a");
  ASSERT_TRUE(ended());
  EXPECT_EQ(running_.get().error().kind, ErrorKind::not_leader);
  EXPECT_EQ(store_.checkpoint(), before);
}

TEST_F(PipelineLeaseTest, AFirstPositionIsNotSavedWithoutTheLease) {
  store_.set_lease_record(LeaseRecord{.holder = "other", .epoch = 6, .beat = 0});
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(running_.get().error().kind, ErrorKind::not_leader);
  EXPECT_EQ(store_.checkpoint(), std::nullopt);
}

TEST_F(PipelineLeaseTest, ALeaseThatWasLostBeforeItBeganSendsNothing) {
  insert("a");
  tenure_.end();
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(running_.get().error().kind, ErrorKind::not_leader);
  EXPECT_TRUE(sink_.bodies().empty());
}

}  // namespace
}  // namespace exporter::pipeline
