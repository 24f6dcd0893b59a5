// The lease thread against a store in memory and a clock that the test moves.
#include "pipeline/lease_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "support/manual_clock.h"
#include "support/memory_store.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using ports::LeaseRecord;
using ::testing::HasSubstr;

class LeaseKeeperTest : public ::testing::Test {
 protected:
  ~LeaseKeeperTest() override {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }
  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { keeper_.run(std::move(stop)); });
  }
  // Until it is true, while the clock moves by `each` a look; false after half a minute of real time.
  template <class Condition>
  bool eventually(Condition condition, Duration each = 50ms) {
    for (int look = 0; look < 30'000; ++look) {
      if (condition()) {
        return true;
      }
      clock_.advance(each);
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  // The clock stands still meanwhile, unless it has to be waited for something.
  std::shared_ptr<const checkpoint::Tenure> acquire(Duration each = 0ms) {
    auto asked = std::async(std::launch::async, [this] { return keeper_.acquire({}); });
    EXPECT_TRUE(eventually([&] { return asked.wait_for(0s) == std::future_status::ready; }, each));
    return asked.get().value();
  }
  [[nodiscard]] LeaseRecord record() const { return store_.lease_record().value(); }

  testing::MemoryStore store_;
  std::unique_ptr<ports::LeaseStore> lease_ = store_.lease();
  testing::ManualClock clock_;
  metrics::Metrics metrics_;
  std::atomic<int> changes_ = 0;
  std::atomic<bool> dead_ = false;
  std::atomic<bool> ready_ = true;
  LeaseKeeper keeper_{
      {.holder = "me:1:r::", .term = 4s},
      {.store = *lease_,
       .clock = clock_,
       .metrics = metrics_,
       .is_dead = [this](const std::string&) { return dead_.load(); },
       .before_take = [this] { return ready_ ? Result<void>() : fail(ErrorKind::corrupt, "progress is damaged"); },
       .changed = [this] { ++changes_; }}};
  std::jthread thread_;
};

TEST_F(LeaseKeeperTest, TakesAndRenewsAndGivesBack) {
  start();
  const auto tenure = acquire();
  EXPECT_EQ(tenure->fence(), (ports::Fence{"me:1:r::", 1}));
  EXPECT_EQ(keeper_.not_ready(), std::nullopt);
  EXPECT_EQ(keeper_.standby(), std::nullopt);
  EXPECT_THAT(metrics_.text(), HasSubstr("lease_held 1"));
  EXPECT_THAT(metrics_.text(), HasSubstr("lease_takeovers_total 1"));
  const MonoTime until = tenure->until();
  EXPECT_TRUE(eventually([&] { return record().beat > 2 && tenure->until() > until; }));
  EXPECT_TRUE(keeper_.release(30s));
  EXPECT_TRUE(tenure->over());
  EXPECT_EQ(record().holder, "");
  EXPECT_EQ(record().epoch, 1U);
  EXPECT_THAT(metrics_.text(), HasSubstr("lease_held 0"));
  EXPECT_TRUE(keeper_.release(0s)) << "there is nothing to give back";
}

TEST_F(LeaseKeeperTest, NothingIsTakenUnasked) {
  start();
  EXPECT_FALSE(store_.lease_record());
  acquire();
  ASSERT_TRUE(store_.lease_record());
}

TEST_F(LeaseKeeperTest, StandsByAndSaysForWhom) {
  store_.set_lease_record(LeaseRecord{.holder = "gpu-7:4711:r:b:n", .epoch = 3, .beat = 9});
  start();
  std::stop_source stop;
  auto asked = std::async(std::launch::async, [&] { return keeper_.acquire(stop.get_token()); });
  EXPECT_TRUE(eventually([&] { return keeper_.standby() == "standby: gpu-7:4711 holds the lease"; }, 0ms));
  EXPECT_EQ(keeper_.not_ready(), std::nullopt);
  stop.request_stop();
  EXPECT_EQ(asked.get().error().kind, ErrorKind::cancelled);
  EXPECT_EQ(record().holder, "gpu-7:4711:r:b:n");
}

TEST_F(LeaseKeeperTest, TakesOverFromTheDeadWithoutAWait) {
  store_.set_lease_record(LeaseRecord{.holder = "gpu-7:4711:r:b:n", .epoch = 3, .beat = 9});
  dead_ = true;
  start();
  const MonoTime begin = clock_.now();
  EXPECT_EQ(keeper_.acquire({}).value()->fence().epoch, 4U);
  EXPECT_EQ(clock_.now(), begin);
}

TEST_F(LeaseKeeperTest, ALostLeaseEndsTheTenureAndIsNotAskedForAgainByItself) {
  start();
  const auto tenure = acquire();
  store_.set_lease_record(LeaseRecord{.holder = "", .epoch = 2, .beat = 0});
  EXPECT_TRUE(eventually([&] { return tenure->over() && changes_ == 1; }));
  EXPECT_EQ(record().holder, "");
  const auto next = acquire();
  EXPECT_EQ(next->fence().epoch, 3U);
  EXPECT_TRUE(tenure->over());
  EXPECT_FALSE(next->over());
}

TEST_F(LeaseKeeperTest, ATenureOfBeforeIsGivenBackFirst) {
  start();
  const auto first = acquire();
  const auto second = acquire();
  EXPECT_TRUE(first->over());
  EXPECT_EQ(second->fence().epoch, 2U);
}

TEST_F(LeaseKeeperTest, RenewalsThatFailLetTheTenureLapseAndOneThatSucceedsMendsIt) {
  start();
  const auto tenure = acquire();
  const int before = changes_;
  for (int failure = 0; failure < 40; ++failure) {
    store_.fail_next({ErrorKind::transient, "no answer"});
  }
  EXPECT_TRUE(eventually([&] { return clock_.now() >= tenure->until(); }));
  EXPECT_FALSE(tenure->over());
  EXPECT_TRUE(eventually([&] { return keeper_.not_ready() == "the lease is not renewed: no answer"; }));
  EXPECT_TRUE(eventually([&] { return changes_ > before && clock_.now() < tenure->until(); }));
  EXPECT_EQ(record().epoch, 1U);
  EXPECT_FALSE(tenure->over());
}

TEST_F(LeaseKeeperTest, NothingIsTakenWhenItCannotWork) {
  ready_ = false;
  start();
  EXPECT_EQ(keeper_.acquire({}).error(), (Error{ErrorKind::corrupt, "progress is damaged"}));
  EXPECT_EQ(store_.lease_record(), std::nullopt);
}

TEST_F(LeaseKeeperTest, ADatastoreThatDoesNotAnswerIsAskedAgain) {
  for (int failure = 0; failure < 3; ++failure) {
    store_.fail_next({ErrorKind::transient, "no answer"});
  }
  start();
  EXPECT_EQ(acquire(50ms)->fence().epoch, 1U);
}

}  // namespace
}  // namespace exporter::pipeline
