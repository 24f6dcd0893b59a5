#include "dispatch/retry_queue.h"

#include <gtest/gtest.h>

namespace exporter::dispatch {
namespace {

using namespace std::chrono_literals;
using event::Ticket;

MonoTime at(Duration time) { return MonoTime(time); }
Ticket ticket(std::uint32_t slot) { return {.slot = slot, .generation = 1}; }

TEST(RetryQueue, GivesTheSoonestThatIsDueAndEqualsInTheirOrder) {
  RetryQueue queue;
  queue.add(ticket(1), at(3s));
  queue.add(ticket(2), at(1s));
  queue.add(ticket(3), at(1s));
  EXPECT_EQ(queue.next_due(), at(1s));
  EXPECT_EQ(queue.pop_due(at(999ms)), std::nullopt);
  EXPECT_EQ(queue.pop_due(at(1s)), ticket(2));
  EXPECT_EQ(queue.pop_due(at(1s)), ticket(3));
  EXPECT_EQ(queue.pop_due(at(2s)), std::nullopt);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(RetryQueue, GivesTheFirstBeforeItIsDue) {
  RetryQueue queue;
  EXPECT_EQ(queue.pop_first(), std::nullopt);
  queue.add(ticket(1), at(3s));
  queue.add(ticket(2), at(2s));
  EXPECT_EQ(queue.pop_first(), ticket(2));
  EXPECT_EQ(queue.next_due(), at(3s));
}

TEST(RetryQueue, ReschedulesAllInTheOrderInWhichTheyWereDue) {
  RetryQueue queue;
  queue.add(ticket(1), at(30s));
  queue.add(ticket(2), at(20s));
  Duration next = 5s;
  queue.reschedule([&] { return at(next--); });
  EXPECT_EQ(queue.pop_due(at(10s)), ticket(1));
  EXPECT_EQ(queue.pop_due(at(10s)), ticket(2));
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace exporter::dispatch
