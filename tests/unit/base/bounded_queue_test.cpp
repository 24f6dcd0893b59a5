#include "base/bounded_queue.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(BoundedQueue, GivesItemsInOrderAndCountsTheirWeight) {
  BoundedQueue<std::string> queue(10);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
  EXPECT_TRUE(queue.push("a", 4, {}));
  EXPECT_TRUE(queue.push("b", 6, {}));
  EXPECT_EQ(queue.weight(), 10u);
  EXPECT_EQ(queue.try_pop(), "a");
  EXPECT_EQ(queue.weight(), 6u);
  EXPECT_EQ(queue.try_pop(), "b");
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, AnItemHeavierThanTheBoundPassesAlone) {
  BoundedQueue<int> queue(10);
  EXPECT_TRUE(queue.push(1, 1000, {}));
  std::atomic<bool> pushed = false;
  std::jthread producer([&] { pushed = queue.push(2, 1000, {}); });
  EXPECT_EQ(queue.try_pop(), 1);
  producer.join();
  EXPECT_TRUE(pushed);
  EXPECT_EQ(queue.try_pop(), 2);
}

TEST(BoundedQueue, APushWithoutRoomEndsOnAStopAndLeavesTheItem) {
  BoundedQueue<std::string> queue(10);
  ASSERT_TRUE(queue.push("a", 6, {}));
  std::string item = "still here";
  bool pushed = true;
  std::jthread producer([&](std::stop_token stop) { pushed = queue.push(std::move(item), 5, std::move(stop)); });
  producer.request_stop();
  producer.join();
  EXPECT_FALSE(pushed);
  EXPECT_EQ(item, "still here");
  EXPECT_EQ(queue.weight(), 6u);
}

// The bound as the consumer sees it, whatever the timing.
TEST(BoundedQueue, NeverHoldsMoreThanItsBound) {
  BoundedQueue<int> queue(10);
  std::jthread producer([&](std::stop_token stop) {
    for (int i = 0; i < 2000; ++i) {
      queue.push(int(i), 3, stop);
    }
  });
  for (int expected = 0; expected < 2000;) {
    ASSERT_LE(queue.weight(), 10u);
    if (const auto item = queue.try_pop()) {
      ASSERT_EQ(*item, expected++);
    }
  }
}

}  // namespace
}  // namespace exporter
