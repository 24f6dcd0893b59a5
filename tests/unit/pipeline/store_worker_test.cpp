#include "pipeline/store_worker.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/manual_reactor.h"
#include "support/memory_store.h"
#include "support/pipeline_fakes.h"

namespace exporter::pipeline {
namespace {

class StoreWorkerTest : public ::testing::Test {
 protected:
  void saved(const Result<void>& result) { done_.push_back(result ? "saved" : "save: " + result.error().message); }
  void lettered(event::Ticket ticket, const Result<void>& result) {
    done_.push_back("letter " + std::to_string(ticket.slot) + (result ? "" : ": " + result.error().message));
    if (ticket.slot == last_) {
      reactor_.stop();
    }
  }
  void put(std::uint32_t slot, const std::string& document_id) {
    worker_.put({slot, 0}, {.document_id = document_id, .event_id = {}, .node = {}, .reason = "refused", .detail = {}});
  }
  // The worker's thread and the reactor, until the letter of slot `last` was answered.
  std::vector<std::string> run_until(std::uint32_t last) {
    last_ = last;
    const std::jthread thread([this](std::stop_token stop) { worker_.run(std::move(stop)); });
    reactor_.run();
    return done_;
  }

  testing::ManualClock clock_;
  testing::ManualReactor reactor_{clock_};
  testing::MemoryStore store_;
  std::unique_ptr<ports::CheckpointStore> checkpoints_ = store_.checkpoints();
  std::unique_ptr<ports::DeadLetters> letters_ = store_.dead_letters();
  testing::FakeRetention retention_;
  StoreWorker worker_{
      *checkpoints_,
      *letters_,
      reactor_,
      {.saved = [this](const Result<void>& result) { saved(result); },
       .dead_lettered = [this](event::Ticket ticket, const Result<void>& result) { lettered(ticket, result); },
       .counted =
           [this](const Result<std::uint64_t>& letters) {
             done_.push_back("count " + std::to_string(letters.value()));
             if (last_ == kCount) {
               reactor_.stop();
             }
           },
       .measured =
           [this](const Result<std::optional<Duration>>& headroom) {
             done_.push_back(headroom ? "headroom" : "headroom: " + headroom.error().message);
             if (last_ == kMeasure) {
               reactor_.stop();
             }
           }},
      &retention_};
  static constexpr std::uint32_t kCount = 1000;
  static constexpr std::uint32_t kMeasure = 1001;
  std::vector<std::string> done_;
  std::uint32_t last_ = 0;
};

TEST_F(StoreWorkerTest, ASaveNeverWaitsBehindDeadLetters) {
  put(1, "a");
  put(2, "b");
  worker_.save({.position = {"memory/7"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(run_until(2), (std::vector<std::string>{"saved", "letter 1", "letter 2"}));
  EXPECT_EQ(store_.checkpoint()->position.token, "memory/7");
  EXPECT_EQ(store_.letters().size(), 2u);
}

TEST_F(StoreWorkerTest, CountsTheLettersWhenNothingElseIsToBeDone) {
  worker_.count();
  worker_.count();
  put(1, "a");
  worker_.save({.position = {"memory/7"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(run_until(kCount), (std::vector<std::string>{"saved", "letter 1", "count 1"}));
}

TEST_F(StoreWorkerTest, MeasuresTheHeadroomOfThePositionWhenAllElseIsDone) {
  worker_.measure(event::Position{"here"});
  worker_.count();
  put(1, "a");
  worker_.save({});
  EXPECT_EQ(run_until(kMeasure), (std::vector<std::string>{"saved", "letter 1", "count 1", "headroom"}));
  EXPECT_EQ(retention_.asked(), (std::vector<std::string>{"here"}));
}

TEST_F(StoreWorkerTest, ReportsEachFailureAndGoesOn) {
  store_.fail_next({ErrorKind::transient, "busy"});
  store_.fail_next({ErrorKind::transient, "full"});
  put(1, "a");
  put(2, "b");
  worker_.save({.position = {"memory/7"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(run_until(2), (std::vector<std::string>{"save: busy", "letter 1: full", "letter 2"}));
  EXPECT_EQ(store_.checkpoint(), std::nullopt);
}

TEST_F(StoreWorkerTest, AStopEndsTheWaitForWork) {
  std::jthread thread([this](std::stop_token stop) { worker_.run(std::move(stop)); });
  thread.request_stop();
  thread.join();
  EXPECT_TRUE(done_.empty());
}

}  // namespace
}  // namespace exporter::pipeline
