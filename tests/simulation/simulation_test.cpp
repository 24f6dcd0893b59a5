// The simulator itself: it is deterministic, and it can see a broken promise.
#include "simulation/simulation.h"

#include <gtest/gtest.h>

#include "simulation/checker.h"

namespace exporter::simulation {
namespace {

TEST(Simulation, ASeedReplaysExactly) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Outcome first = simulate(draw_options(seed));
    const Outcome second = simulate(draw_options(seed));
    EXPECT_EQ(first.counts, second.counts);
    EXPECT_EQ(first.steps, second.steps);
  }
}

TEST(Simulation, TheFirstHundredSeedsKeepEveryPromise) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Options options = draw_options(seed);
    EXPECT_EQ(simulate(options).violation, std::nullopt) << describe(options);
  }
}

class CheckerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.nodes = 1;
    options_.workers = 2;
    for (int i = 0; i < 3; ++i) {
      store_.insert();
    }
    checker_.first_started({.position = {"0"}, .watermark = {}, .backfill = {}});
  }
  void take(std::size_t index) {
    const std::string id = checker_.event_id_of(store_.documents()[index].id);
    sink_.accepted[id] = 1;
    checker_.accepted(id);
  }
  Options options_;
  Random random_{1};
  SimClock clock_;
  Datastore store_{options_, random_, clock_};
  Sink sink_;
  Checker checker_{options_, store_, sink_};
};

TEST_F(CheckerTest, SeesAPositionThatPassedAnUndeliveredEvent) {
  take(0);
  checker_.saved({.position = {"1"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(checker_.violation(), std::nullopt);
  checker_.saved({.position = {"2"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(checker_.violation(), "the saved position 2 passed doc-000002 which is not done with");
}

TEST_F(CheckerTest, SeesAPositionThatMovedBack) {
  take(0);
  checker_.saved({.position = {"1"}, .watermark = {}, .backfill = {}});
  checker_.saved({.position = {"0"}, .watermark = {}, .backfill = {}});
  EXPECT_EQ(checker_.violation(), "the saved position moved back from 1 to 0");
}

TEST_F(CheckerTest, SeesDisorderWithinANode) {
  take(1);
  take(0);
  EXPECT_EQ(checker_.violation(), "doc-000001 of node-0 was accepted for the first time after a later one");
}

TEST_F(CheckerTest, SeesAGoodEventAmongTheDeadLetters) {
  checker_.dead_lettered({.document_id = "doc-000001", .event_id = {}, .node = {}, .reason = "refused", .detail = {}});
  EXPECT_EQ(checker_.violation(), "doc-000001 was set aside (refused) though nothing is wrong with it");
}

TEST_F(CheckerTest, SeesTooManyRequestsAndTwoOfOneNode) {
  checker_.in_flight(2, {{"a", 2}});
  EXPECT_EQ(checker_.violation(), "2 requests in flight for a");
}

TEST_F(CheckerTest, SeesAnEventThatNeverArrived) {
  take(0);
  take(1);
  checker_.finished(ports::Checkpoint{.position = {"3"}, .watermark = {}, .backfill = {}}, 0);
  EXPECT_EQ(checker_.violation(), "doc-000003 was never delivered");
}

}  // namespace
}  // namespace exporter::simulation
