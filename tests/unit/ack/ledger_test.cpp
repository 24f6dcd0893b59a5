#include "ack/ledger.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace exporter::ack {
namespace {

event::Mark mark(int n) {
  event::Mark made;
  made.position.token = std::to_string(n);
  return made;
}

int committable(const Ledger& ledger) { return std::stoi(ledger.committable().position.token); }

TEST(Ledger, StartsAtTheGivenMark) { EXPECT_EQ(committable(Ledger(mark(7))), 7); }

TEST(Ledger, KeepsPositionBehindTheOldestUnsettledEvent) {
  Ledger ledger(mark(0));
  const Ticket first = ledger.open(mark(1));
  const Ticket second = ledger.open(mark(2));
  EXPECT_TRUE(ledger.settle(second));
  EXPECT_EQ(committable(ledger), 0);
  EXPECT_TRUE(ledger.settle(first));
  EXPECT_EQ(committable(ledger), 2);
}

TEST(Ledger, PassedEventsAdvanceThePositionOnlyWhenNothingIsUnsettled) {
  Ledger ledger(mark(0));
  ledger.pass(mark(1));
  EXPECT_EQ(committable(ledger), 1);
  const Ticket ticket = ledger.open(mark(2));
  ledger.pass(mark(3));
  EXPECT_EQ(committable(ledger), 1);
  EXPECT_TRUE(ledger.settle(ticket));
  EXPECT_EQ(committable(ledger), 3);
}

TEST(Ledger, NamesTheFewUnsettledEventsBeforeAPlaceAhead) {
  Ledger ledger(mark(0));
  const Ticket first = ledger.open(mark(1));
  const Ticket second = ledger.open(mark(2));
  const Ticket third = ledger.open(mark(3));
  const Ticket fourth = ledger.open(mark(4));
  EXPECT_FALSE(ledger.ahead(10)) << "nothing is settled between them";
  ledger.settle(second);
  auto ahead = ledger.ahead(10);
  ASSERT_TRUE(ahead);
  EXPECT_EQ(ahead->mark.position.token, "2") << "what comes after it is unsettled without a gap";
  EXPECT_EQ(ahead->unsettled, std::vector<Ticket>{first});
  ledger.settle(fourth);
  ahead = ledger.ahead(10);
  EXPECT_EQ(ahead->mark.position.token, "4");
  EXPECT_EQ(ahead->unsettled, (std::vector<Ticket>{first, third}));
  EXPECT_EQ(ahead->settled, 2U);
  ahead = ledger.ahead(1);
  EXPECT_EQ(ahead->mark.position.token, "2") << "as far as one name reaches";
  EXPECT_EQ(ahead->settled, 1U);
  ledger.settle(first);
  ahead = ledger.ahead(10);
  EXPECT_EQ(ahead->mark.position.token, "4");
  ledger.settle(third);
  EXPECT_FALSE(ledger.ahead(10)) << "the position itself is as far";
}

TEST(Ledger, APassedChangeBehindAnUnsettledEventIsAPlaceAhead) {
  Ledger ledger(mark(0));
  const Ticket stuck = ledger.open(mark(1));
  ledger.pass(mark(2));
  EXPECT_EQ(ledger.ahead(10)->mark.position.token, "2");
  EXPECT_EQ(ledger.ahead(10)->unsettled, std::vector<Ticket>{stuck});
  EXPECT_EQ(ledger.ahead(10)->settled, 0U) << "a change is no event";
  EXPECT_FALSE(ledger.ahead(0));
}

TEST(Ledger, SettlesATicketOnce) {
  Ledger ledger(mark(0));
  const Ticket ticket = ledger.open(mark(1));
  EXPECT_TRUE(ledger.settle(ticket));
  EXPECT_FALSE(ledger.settle(ticket));
}

TEST(Ledger, ALateAnswerCannotSettleTheSlotsNextOwner) {
  Ledger ledger(mark(0));
  const Ticket former = ledger.open(mark(1));
  EXPECT_TRUE(ledger.settle(former));
  const Ticket owner = ledger.open(mark(2));
  ASSERT_EQ(owner.slot, former.slot);
  EXPECT_FALSE(ledger.settle(former));
  EXPECT_TRUE(ledger.is_open(owner));
  EXPECT_EQ(committable(ledger), 1);
}

TEST(Ledger, NamesTheOldest) {
  Ledger ledger(mark(0));
  EXPECT_FALSE(ledger.oldest());
  const Ticket first = ledger.open(mark(1));
  const Ticket second = ledger.open(mark(2));
  EXPECT_EQ(ledger.oldest(), first);
  EXPECT_TRUE(ledger.settle(first));
  EXPECT_EQ(ledger.oldest(), second);
}

// What the ledger promises, in the plainest words: the longest settled prefix.
int naive(const std::vector<bool>& settled) {
  int prefix = 0;
  while (prefix < static_cast<int>(settled.size()) && settled[static_cast<std::size_t>(prefix)]) {
    ++prefix;
  }
  return prefix;
}

TEST(Ledger, AgreesWithTheNaiveModelForEveryOrderOfSeven) {
  std::vector<std::size_t> order(7);
  std::iota(order.begin(), order.end(), 0);
  do {
    Ledger ledger(mark(0));
    std::vector<Ticket> tickets;
    for (int i = 1; i <= 7; ++i) {
      tickets.push_back(ledger.open(mark(i)));
    }
    std::vector<bool> settled(7);
    for (const std::size_t index : order) {
      ASSERT_TRUE(ledger.settle(tickets[index]));
      settled[index] = true;
      ASSERT_EQ(committable(ledger), naive(settled));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

std::size_t events_ahead(const std::vector<bool>& settled, const std::vector<bool>& events) {
  std::size_t count = 0;
  for (auto index = static_cast<std::size_t>(naive(settled)); index < settled.size(); ++index) {
    count += settled[index] && events[index] ? 1U : 0U;
  }
  return count;
}

TEST(Ledger, AgreesWithTheNaiveModelInRandomWalksThatReuseSlots) {
  std::mt19937 random(42);
  for (int walk = 0; walk < 200; ++walk) {
    Ledger ledger(mark(0));
    std::vector<Ticket> tickets;
    std::vector<bool> settled;
    std::vector<bool> events;
    std::vector<std::size_t> open;
    for (int step = 0; step < 300; ++step) {
      const auto dice = random() % 5;
      if (dice == 0) {
        tickets.emplace_back();
        settled.push_back(true);
        events.push_back(false);
        ledger.pass(mark(static_cast<int>(settled.size())));
      } else if (dice <= 2 || open.empty()) {
        settled.push_back(false);
        events.push_back(true);
        tickets.push_back(ledger.open(mark(static_cast<int>(settled.size()))));
        open.push_back(settled.size() - 1);
      } else {
        const std::size_t pick = random() % open.size();
        settled[open[pick]] = true;
        ASSERT_TRUE(ledger.settle(tickets[open[pick]]));
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
      }
      ASSERT_EQ(committable(ledger), naive(settled));
      ASSERT_EQ(ledger.unsettled(), open.size());
      ASSERT_EQ(ledger.settled_ahead(), events_ahead(settled, events));
    }
  }
}

}  // namespace
}  // namespace exporter::ack
