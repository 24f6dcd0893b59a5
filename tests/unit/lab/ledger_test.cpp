// The sink's books: ids, order, latency.
#include <string>

#include <gtest/gtest.h>

#include "lab/delivery_ledger.h"
#include "lab/event_id_set.h"

namespace exporter::lab {
namespace {

using namespace std::chrono_literals;

std::string uuid(std::uint64_t number) {
  std::string text;
  append_uuid(text, {number * 0x9E3779B97F4A7C15ULL, number});
  return text;
}

TEST(Uuid, IsReadInEitherLetterCaseAndWrittenInLowerCase) {
  const auto parsed = parse_uuid("15ACF563-572e-40ab-a714-F3B2f9d7f4e0");
  ASSERT_TRUE(parsed.has_value());
  std::string text;
  append_uuid(text, *parsed);
  EXPECT_EQ(text, "15acf563-572e-40ab-a714-f3b2f9d7f4e0");
}

TEST(Uuid, OfAnotherShapeIsRefused) {
  for (const char* text : {"", "15acf563572e40aba714f3b2f9d7f4e0", "15acf563-572e-40ab-a714-f3b2f9d7f4e",
                           "15acf563-572e-40ab-a714-f3b2f9d7f4eg", "15acf563_572e-40ab-a714-f3b2f9d7f4e0"}) {
    EXPECT_FALSE(parse_uuid(text).has_value()) << text;
  }
}

TEST(EventIdSet, CountsEachIdThroughManyGrowths) {
  EventIdSet ids;
  for (std::uint64_t number = 0; number < 50'000; ++number) {
    ASSERT_EQ(ids.add(uuid(number)), 0U);
  }
  for (std::uint64_t number = 0; number < 50'000; number += 7) {
    ASSERT_EQ(ids.add(uuid(number)), 1U);
  }
  EXPECT_EQ(ids.size(), 50'000U);
  EXPECT_EQ(ids.count(uuid(7)), 2U);
  EXPECT_EQ(ids.count(uuid(8)), 1U);
  EXPECT_EQ(ids.count(uuid(50'000)), 0U);
  std::uint64_t all = 0;
  ids.for_each([&](std::string_view, std::uint32_t count) { all += count; });
  EXPECT_EQ(all, 50'000U + 7'143U);
}

TEST(EventIdSet, TakesIdsThatAreNoUuids) {
  EventIdSet ids;
  EXPECT_EQ(ids.add("event-1"), 0U);
  EXPECT_EQ(ids.add("event-1"), 1U);
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(ids.count("event-1"), 2U);
}

TEST(EventIdSet, TakesTheNilUuidAsAnyOther) {
  EventIdSet ids;
  EXPECT_EQ(ids.add("00000000-0000-0000-0000-000000000000"), 0U);
  EXPECT_EQ(ids.add("00000000-0000-0000-0000-000000000000"), 1U);
  EXPECT_EQ(ids.size(), 1U);
}

constexpr WallTime kNoon = WallTime(Duration(1'788'955'200'000'000'000));

TEST(DeliveryLedger, CountsRepeatsAsDuplicatesNotAsDisorder) {
  DeliveryLedger ledger;
  const std::string first = uuid(1);
  const std::string second = uuid(2);
  ledger.record({first, "node", 1, std::nullopt}, kNoon);
  ledger.record({second, "node", 2, std::nullopt}, kNoon);
  ledger.record({first, "node", 1, std::nullopt}, kNoon);
  EXPECT_EQ(ledger.received(), 3U);
  EXPECT_EQ(ledger.ids().size(), 2U);
  EXPECT_EQ(ledger.order_violations(), 0U);
}

TEST(DeliveryLedger, SeesAnEventThatOvertookAnEarlierOneOfItsNode) {
  DeliveryLedger ledger;
  ledger.record({uuid(2), "a", 2, std::nullopt}, kNoon);
  ledger.record({uuid(3), "b", 1, std::nullopt}, kNoon);
  ledger.record({uuid(1), "a", 1, std::nullopt}, kNoon);
  EXPECT_EQ(ledger.order_violations(), 1U);
}

TEST(DeliveryLedger, TellsEverythingInOneJsonObject) {
  DeliveryLedger ledger;
  const std::int64_t noon_ns = kNoon.time_since_epoch().count();
  ledger.record({uuid(1), "node", 1, noon_ns}, kNoon + 2ms);
  ledger.record({uuid(1), "node", 1, noon_ns}, kNoon + 1500ms);
  ledger.answered(202);
  ledger.answered(202);
  ledger.answered(503);
  ledger.answered(0);
  ledger.saw_in_flight(7);
  ledger.token_requested(true);
  ledger.token_requested(false);
  EXPECT_EQ(ledger.to_json(),
            R"({"requests":4,"received":2,"distinctIds":1,"duplicates":1,"statuses":{"cut":1,"202":2,"503":1},)"
            R"("nodes":1,"orderViolations":0,"maxInFlight":7,"tokenRequests":2,"tokensGiven":1,)"
            R"("first":"2026-09-09T12:00:00.002Z","last":"2026-09-09T12:00:01.500Z","eventsPerSecond":0.7,)"
            R"("perSecond":[1,1],"latencyMs":{"count":2,"p50":2.032,"p90":1500.000,"p99":1500.000,"max":1500.000}})");
}

TEST(DeliveryLedger, IsEmptyAfterClear) {
  DeliveryLedger ledger;
  ledger.record({uuid(1), "node", 1, std::nullopt}, kNoon);
  ledger.clear();
  EXPECT_EQ(ledger.to_json(), DeliveryLedger().to_json());
}

}  // namespace
}  // namespace exporter::lab
