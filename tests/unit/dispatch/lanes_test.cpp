#include "dispatch/lanes.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace exporter::dispatch {
namespace {

Ticket ticket(std::uint32_t slot) { return {slot, 0}; }

std::vector<std::uint32_t> take_all(Lanes& lanes) {
  std::vector<std::uint32_t> slots;
  while (const auto next = lanes.take()) {
    slots.push_back(next->slot);
  }
  return slots;
}

using Slots = std::vector<std::uint32_t>;

TEST(Lanes, LetsOneEventOfANodeOutAtATime) {
  Lanes lanes({});
  lanes.add(ticket(0), "a");
  lanes.add(ticket(1), "a");
  lanes.add(ticket(2), "b");
  EXPECT_EQ(take_all(lanes), (Slots{0, 2}));
  lanes.finish(ticket(0));
  EXPECT_EQ(take_all(lanes), (Slots{1}));
}

TEST(Lanes, ARetryBlocksItsOwnLaneOnlyAndGoesFirst) {
  Lanes lanes({});
  lanes.add(ticket(0), "a");
  lanes.add(ticket(1), "a");
  EXPECT_EQ(take_all(lanes), (Slots{0}));
  lanes.add(ticket(2), "b");
  EXPECT_EQ(take_all(lanes), (Slots{2}));
  lanes.add(ticket(3), "c");
  lanes.resume(ticket(0));
  EXPECT_EQ(take_all(lanes), (Slots{0, 3}));
  lanes.finish(ticket(0));
  EXPECT_EQ(take_all(lanes), (Slots{1}));
}

TEST(Lanes, AnEventThatStoodAsideIsFirstInItsLaneAgain) {
  Lanes lanes({});
  for (std::uint32_t slot = 0; slot < 4; ++slot) {
    lanes.add(ticket(slot), "a");
  }
  EXPECT_EQ(take_all(lanes), Slots{0});
  lanes.step_aside(ticket(0));
  EXPECT_EQ(take_all(lanes), Slots{1});
  lanes.come_back(ticket(0));
  EXPECT_EQ(take_all(lanes), Slots{}) << "the lane is busy";
  lanes.finish(ticket(1));
  EXPECT_EQ(take_all(lanes), Slots{0});
  lanes.finish(ticket(0));
  EXPECT_EQ(take_all(lanes), Slots{2});
}

TEST(Lanes, AnEventThatComesBackAgainAndAgainHidesNoOtherFromTheProbes) {
  Lanes lanes({});
  lanes.add(ticket(0), "a");
  lanes.add(ticket(1), "a");
  Slots probed;
  for (int probe = 0; probe < 4; ++probe) {
    const auto next = lanes.take_fresh();
    ASSERT_TRUE(next);
    probed.push_back(next->slot);
    lanes.step_aside(*next);
    lanes.come_back(*next);
  }
  EXPECT_EQ(probed, (Slots{0, 0, 1, 1})) << "the second is never out until the third probe";

  Lanes two({});
  two.add(ticket(0), "a");
  two.add(ticket(1), "b");
  EXPECT_EQ(two.take_fresh()->slot, 0u);
  EXPECT_EQ(two.take_fresh()->slot, 1u);
  two.resume(ticket(1));
  two.step_aside(ticket(0));
  two.come_back(ticket(0));
  EXPECT_EQ(two.take_fresh()->slot, 0u);
  two.step_aside(ticket(0));
  two.come_back(ticket(0));
  EXPECT_EQ(two.take_fresh()->slot, 1u) << "one that failed has its turn as well";
}

TEST(Lanes, AHotLaneRunsInParallelUntilItHasDrained) {
  Lanes lanes({.ordering = Ordering::node, .relax_after = 2});
  for (std::uint32_t i = 0; i < 4; ++i) {
    lanes.add(ticket(i), "a");
  }
  EXPECT_EQ(lanes.relaxations(), 1u);
  EXPECT_EQ(take_all(lanes), (Slots{0, 1, 2, 3}));
  for (std::uint32_t i = 0; i < 4; ++i) {
    lanes.finish(ticket(i));
  }
  lanes.add(ticket(4), "a");
  lanes.add(ticket(5), "a");
  EXPECT_EQ(take_all(lanes), (Slots{4}));
}

TEST(Lanes, StrictNeverRelaxes) {
  Lanes lanes({.ordering = Ordering::strict, .relax_after = 1});
  for (std::uint32_t i = 0; i < 5; ++i) {
    lanes.add(ticket(i), "a");
  }
  EXPECT_EQ(take_all(lanes), (Slots{0}));
  EXPECT_EQ(lanes.relaxations(), 0u);
}

TEST(Lanes, WithoutOrderingEverythingMayGo) {
  Lanes lanes({.ordering = Ordering::none, .relax_after = 0});
  lanes.add(ticket(0), "a");
  lanes.add(ticket(1), "a");
  EXPECT_EQ(take_all(lanes), (Slots{0, 1}));
  lanes.finish(ticket(0));
  lanes.finish(ticket(1));
  lanes.add(ticket(2), "a");
  lanes.add(ticket(3), "a");
  EXPECT_EQ(take_all(lanes), (Slots{2, 3}));
}

TEST(Lanes, LanesTakeTurns) {
  Lanes lanes({.ordering = Ordering::node, .relax_after = 1});
  for (std::uint32_t i = 0; i < 4; ++i) {
    lanes.add(ticket(i), "hot");
  }
  lanes.add(ticket(4), "quiet");
  EXPECT_EQ(lanes.take()->slot, 0u);
  EXPECT_EQ(lanes.take()->slot, 4u);
}

TEST(Lanes, ForgetsEmptyLanes) {
  Lanes lanes({});
  for (std::uint32_t i = 0; i < 1000; ++i) {
    lanes.add(ticket(0), "node-" + std::to_string(i));
    EXPECT_EQ(take_all(lanes), (Slots{0}));
    lanes.finish(ticket(0));
  }
  EXPECT_EQ(lanes.active(), 0u);
}

// Random use against the rule itself: per node, events start in the order in which they came, and never two at once.
TEST(Lanes, ShowsTheLongestFirst) {
  Lanes lanes({.ordering = Ordering::node, .relax_after = 2});
  lanes.add(ticket(0), "short");
  for (std::uint32_t slot = 1; slot <= 3; ++slot) {
    lanes.add(ticket(slot), "long");
  }
  lanes.add(ticket(4), "refused");
  lanes.add(ticket(5), "refused");
  EXPECT_EQ(take_all(lanes), (Slots{0, 1, 4, 2, 3}));
  lanes.step_aside(ticket(4));
  lanes.mark_stuck(ticket(4), true);

  const auto busiest = lanes.busiest(2);
  ASSERT_EQ(busiest.size(), 2U);
  EXPECT_EQ(busiest[0].key, "long");
  EXPECT_EQ(busiest[0].out, 3U);
  EXPECT_TRUE(busiest[0].relaxed);
  EXPECT_EQ(busiest[1].key, "refused");
  EXPECT_EQ(busiest[1].waiting, 2U);
  EXPECT_EQ(busiest[1].out, 0U);
  EXPECT_TRUE(busiest[1].stuck);
  EXPECT_EQ(lanes.busiest(10).size(), 3U);
}

TEST(Lanes, KeepsTheOrderOfEachNodeInRandomWalks) {
  std::mt19937 random(7);
  Lanes lanes({.ordering = Ordering::strict, .relax_after = 0});
  std::map<std::string, std::vector<std::uint32_t>> expected;
  std::map<std::uint32_t, std::string> node_of;
  std::vector<std::uint32_t> out;
  std::vector<std::uint32_t> failed;
  std::map<std::string, int> out_by_node;
  std::uint32_t next = 0;
  for (int step = 0; step < 20000; ++step) {
    const auto dice = random() % 4;
    if (dice == 0) {
      const std::string node = "n" + std::to_string(random() % 5);
      node_of[next] = node;
      expected[node].push_back(next);
      lanes.add(ticket(next++), node);
    } else if (dice == 1) {
      if (const auto taken = lanes.take()) {
        const std::string& node = node_of[taken->slot];
        ASSERT_EQ(expected[node].front(), taken->slot);
        ASSERT_EQ(out_by_node[node]++, 0);
        out.push_back(taken->slot);
      }
    } else if (dice == 2 && !out.empty()) {
      const std::size_t pick = random() % out.size();
      const std::uint32_t slot = out[pick];
      out.erase(out.begin() + static_cast<std::ptrdiff_t>(pick));
      --out_by_node[node_of[slot]];
      if (random() % 3 == 0) {
        failed.push_back(slot);
      } else {
        expected[node_of[slot]].erase(expected[node_of[slot]].begin());
        lanes.finish(ticket(slot));
      }
    } else if (!failed.empty()) {
      lanes.resume(ticket(failed.back()));
      failed.pop_back();
    }
  }
}

}  // namespace
}  // namespace exporter::dispatch
