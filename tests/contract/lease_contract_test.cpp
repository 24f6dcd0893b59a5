// What ports/lease.h promises, and the fence of ports/checkpoint_store.h.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "contract/store_world.h"

namespace exporter::testing {

namespace {

using ports::Fence;
using ports::LeaseRecord;

class LeaseContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  // As a contender does: reads, then takes what it saw.
  bool take(ports::LeaseStore& store, const std::string& holder) {
    const auto seen = store.read().value();
    return store.take(seen, holder).value();
  }
  [[nodiscard]] ports::Checkpoint checkpoint(std::uint64_t sent) {
    return {.position = world_->source()->head().value(),
            .watermark = {},
            .backfill = {.state = ports::Backfill::State::done, .cursor = "", .sent = sent, .total = sent}};
  }
  [[nodiscard]] std::optional<LeaseRecord> stored() { return world_->lease()->read().value(); }
  [[nodiscard]] std::uint64_t saved() { return world_->checkpoints()->load().value()->backfill.sent; }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::LeaseStore> a_ = world_->lease();
  std::unique_ptr<ports::LeaseStore> b_ = world_->lease();
};

INSTANTIATE_TEST_SUITE_P(Stores, LeaseContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(LeaseContract, NobodyHasItUntilItIsTaken) {
  EXPECT_EQ(a_->read().value(), std::nullopt);
  EXPECT_TRUE(a_->take(std::nullopt, "a \"quoted\" name").value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "a \"quoted\" name", .epoch = 1, .beat = 0}));
}

TEST_P(LeaseContract, AFirstTakeOverMeetsNoOtherOne) {
  ASSERT_EQ(a_->read().value(), std::nullopt);
  ASSERT_EQ(b_->read().value(), std::nullopt);
  EXPECT_TRUE(a_->take(std::nullopt, "a").value());
  EXPECT_FALSE(b_->take(std::nullopt, "b").value());
  EXPECT_EQ(stored()->holder, "a");
}

TEST_P(LeaseContract, ARenewalMovesTheBeatAlone) {
  ASSERT_TRUE(take(*a_, "a"));
  EXPECT_TRUE(a_->renew({"a", 1}).value());
  EXPECT_TRUE(a_->renew({"a", 1}).value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "a", .epoch = 1, .beat = 2}));
}

TEST_P(LeaseContract, ATakeOverIsRefusedWhenTheHolderGaveASignOfLife) {
  ASSERT_TRUE(take(*a_, "a"));
  const auto seen = b_->read().value();
  ASSERT_TRUE(a_->renew({"a", 1}).value());
  EXPECT_FALSE(b_->take(seen, "b").value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "a", .epoch = 1, .beat = 1}));
}

TEST_P(LeaseContract, ATakeOverBeginsTheNextEpoch) {
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_TRUE(a_->renew({"a", 1}).value());
  EXPECT_TRUE(take(*b_, "b"));
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "b", .epoch = 2, .beat = 0}));
  EXPECT_FALSE(a_->renew({"a", 1}).value());
  EXPECT_FALSE(a_->release({"a", 1}).value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "b", .epoch = 2, .beat = 0}));
}

TEST_P(LeaseContract, OnlyOneOfManyTakesOver) {
  ASSERT_TRUE(take(*a_, "a"));
  const auto seen = a_->read().value();
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> contenders;
    for (int number = 0; number < 4; ++number) {
      contenders.emplace_back([&, number] {
        const auto store = world_->lease();
        EXPECT_TRUE(store->read());
        taken += store->take(seen, "contender " + std::to_string(number)).value() ? 1 : 0;
      });
    }
    for (auto& contender : contenders) {
      contender.join();
    }
  }
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(stored()->epoch, 2U);
}

TEST_P(LeaseContract, GivenBackItIsFreeAndTheEpochStays) {
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_TRUE(a_->renew({"a", 1}).value());
  EXPECT_TRUE(a_->release({"a", 1}).value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "", .epoch = 1, .beat = 1}));
  EXPECT_FALSE(a_->renew({"a", 1}).value());
  EXPECT_TRUE(take(*b_, "b"));
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "b", .epoch = 2, .beat = 0}));
}

TEST_P(LeaseContract, TheSameHoldersEarlierTenureIsOver) {
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_TRUE(take(*a_, "a"));
  EXPECT_FALSE(a_->renew({"a", 1}).value());
  EXPECT_TRUE(a_->renew({"a", 2}).value());
}

TEST_P(LeaseContract, ARecordThatWasRemovedIsMadeAgainByItsHolder) {
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_TRUE(take(*a_, "a"));
  world_->remove_lease();
  EXPECT_TRUE(a_->renew({"a", 2}).value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "a", .epoch = 2, .beat = 0}));
  // Unless somebody else was quicker.
  world_->remove_lease();
  ASSERT_TRUE(take(*b_, "b"));
  EXPECT_FALSE(a_->renew({"a", 2}).value());
  EXPECT_EQ(stored(), (LeaseRecord{.holder = "b", .epoch = 1, .beat = 0}));
}

TEST_P(LeaseContract, TheHolderSavesAndNobodyElseDoes) {
  const auto checkpoints = world_->checkpoints();
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_EQ(checkpoints->load().value(), std::nullopt) << "a lease alone is no progress";
  ASSERT_TRUE(checkpoints->save(checkpoint(1), Fence{"a", 1}));
  ASSERT_TRUE(checkpoints->save(checkpoint(2), Fence{"a", 1}));
  EXPECT_EQ(saved(), 2U);
  ASSERT_TRUE(a_->renew({"a", 1}).value()) << "saving leaves the lease alone";
  for (const Fence& other : {Fence{"b", 1}, Fence{"a", 2}, Fence{"", 1}}) {
    const auto refused = world_->checkpoints()->save(checkpoint(3), other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::not_leader);
  }
  EXPECT_EQ(saved(), 2U);
}

TEST_P(LeaseContract, ASaveOfADeposedHolderNeverMovesTheProgress) {
  const auto of_a = world_->checkpoints();
  const auto of_b = world_->checkpoints();
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_EQ(of_a->load().value(), std::nullopt);
  ASSERT_TRUE(of_a->save(checkpoint(1), Fence{"a", 1}));
  ASSERT_TRUE(take(*b_, "b"));
  EXPECT_EQ(of_a->save(checkpoint(2), Fence{"a", 1}).error().kind, ErrorKind::not_leader);
  ASSERT_TRUE(of_b->load().value());
  ASSERT_TRUE(of_b->save(checkpoint(3), Fence{"b", 2}));
  EXPECT_EQ(of_a->save(checkpoint(2), Fence{"a", 1}).error().kind, ErrorKind::not_leader);
  EXPECT_EQ(saved(), 3U);
  // Nor after the lease was given back.
  ASSERT_TRUE(b_->release({"b", 2}).value());
  EXPECT_EQ(of_b->save(checkpoint(4), Fence{"b", 2}).error().kind, ErrorKind::not_leader);
  EXPECT_EQ(saved(), 3U);
}

TEST_P(LeaseContract, ASaveWhileTheRecordIsAwayWaitsForTheRenewal) {
  const auto checkpoints = world_->checkpoints();
  ASSERT_TRUE(take(*a_, "a"));
  ASSERT_EQ(checkpoints->load().value(), std::nullopt);
  ASSERT_TRUE(checkpoints->save(checkpoint(1), Fence{"a", 1}));
  world_->remove_lease();
  EXPECT_EQ(checkpoints->save(checkpoint(2), Fence{"a", 1}).error().kind, ErrorKind::transient);
  ASSERT_TRUE(a_->renew({"a", 1}).value());
  ASSERT_TRUE(checkpoints->save(checkpoint(3), Fence{"a", 1}));
  EXPECT_EQ(saved(), 3U);
}

}  // namespace

}  // namespace exporter::testing
