#include "sink/http/asio_reactor.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace exporter::http {
namespace {

TEST(AsioReactor, RunsTasksInOrderOnItsOwnThreadWhoeverPostsThem) {
  AsioReactor reactor;
  std::vector<int> seen;
  std::thread::id where;
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) {
      reactor.post([&seen, i] { seen.push_back(i); });
    }
    reactor.post([&] {
      where = std::this_thread::get_id();
      reactor.stop();
    });
  });
  reactor.run();
  poster.join();
  EXPECT_EQ(where, std::this_thread::get_id());
  ASSERT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(AsioReactor, WakesOnceAndNotBeforeTheTime) {
  AsioReactor reactor;
  const auto when = after(SystemClock().now(), std::chrono::milliseconds(5));
  MonoTime woken{};
  reactor.wake_at(when, [&] {
    woken = SystemClock().now();
    reactor.stop();
  });
  reactor.run();
  EXPECT_GE(woken, when);
}

TEST(AsioReactor, ANewWakeUpReplacesTheOldOneWhetherSoonerOrLater) {
  AsioReactor reactor;
  std::vector<std::string> woken;
  const auto now = SystemClock().now();
  const auto in = [now](int milliseconds) { return after(now, std::chrono::milliseconds(milliseconds)); };
  reactor.wake_at(in(60'000), [&] { woken.emplace_back("replaced by a sooner one"); });
  reactor.wake_at(in(1), [&] { woken.emplace_back("replaced by a later one"); });
  reactor.wake_at(in(10), [&] {
    woken.emplace_back("the last");
    // From inside a wake-up, too.
    reactor.wake_at(in(11), [&] { reactor.stop(); });
  });
  reactor.run();
  EXPECT_EQ(woken, std::vector<std::string>{"the last"});
}

TEST(AsioReactor, NeverCancelsTheWakeUp) {
  AsioReactor reactor;
  bool woken = false;
  const auto now = SystemClock().now();
  reactor.wake_at(now, [&] { woken = true; });
  reactor.wake_at(kNever, [] {});
  reactor.post([&] { reactor.post([&] { reactor.stop(); }); });
  reactor.run();
  EXPECT_FALSE(woken);
}

TEST(AsioReactor, AStopBeforeRunIsNotLostAndRunMayBeCalledAgain) {
  AsioReactor reactor;
  reactor.stop();
  reactor.run();
  bool ran = false;
  reactor.post([&] {
    ran = true;
    reactor.stop();
  });
  reactor.run();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace exporter::http
