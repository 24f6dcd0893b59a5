#include "dispatch/gate.h"

#include <gtest/gtest.h>

namespace exporter::dispatch {
namespace {

using namespace std::chrono_literals;
using Pass = Gate::Pass;
using Cause = Gate::Cause;

MonoTime at(Duration time) { return MonoTime(time); }
Ticket event(std::uint32_t slot) { return {.slot = slot, .generation = 1}; }

class GateTest : public ::testing::Test {
 protected:
  // One probe that fails, as soon as it may go out: when that was.
  Duration probe_and_fail(Duration from) {
    Duration now = from;
    while (gate_.pass(at(now)) != Pass::probe) {
      now += 100ms;
    }
    gate_.probing(event(9));
    EXPECT_EQ(gate_.pass(at(now)), Pass::none) << "one at a time";
    EXPECT_EQ(gate_.next(), kNever);
    EXPECT_FALSE(gate_.failed(event(9), Cause::sick, at(now)));
    return now;
  }

  Gate gate_;
};

TEST_F(GateTest, LetsAllGoWhileTheSinkTakesEvents) {
  EXPECT_EQ(gate_.pass(at(0s)), Pass::all);
  EXPECT_EQ(gate_.next(), kNever);
  EXPECT_FALSE(gate_.accepted());
}

TEST_F(GateTest, AnAnswerThatIsTheSameForEveryEventShutsItAtOnce) {
  EXPECT_TRUE(gate_.failed(event(1), Cause::problem, at(10s)));
  EXPECT_TRUE(gate_.shut());
  EXPECT_EQ(gate_.pass(at(10s)), Pass::none);
  EXPECT_EQ(gate_.next(), at(11s));
  EXPECT_EQ(gate_.pass(at(11s)), Pass::probe);
}

TEST_F(GateTest, ProbesFurtherApartUpToTheLimit) {
  ASSERT_TRUE(gate_.failed(event(1), Cause::problem, at(0s)));
  const Duration first = probe_and_fail(0s);
  const Duration second = probe_and_fail(first);
  const Duration third = probe_and_fail(second);
  const Duration fourth = probe_and_fail(third);
  EXPECT_EQ(first, 1s);
  EXPECT_EQ(second - first, 2s);
  EXPECT_EQ(third - second, 4s);
  EXPECT_EQ(fourth - third, 5s);
}

TEST_F(GateTest, TheFirstAcceptedEventOpensIt) {
  ASSERT_TRUE(gate_.failed(event(1), Cause::problem, at(0s)));
  ASSERT_EQ(gate_.pass(at(1s)), Pass::probe);
  gate_.probing(event(2));
  EXPECT_TRUE(gate_.accepted());
  EXPECT_FALSE(gate_.shut());
  EXPECT_EQ(gate_.pass(at(1s)), Pass::all);
  EXPECT_TRUE(gate_.failed(event(1), Cause::problem, at(2s)));
  EXPECT_EQ(gate_.next(), at(3s)) << "it begins with short waits again";
}

TEST_F(GateTest, ARequestSentBeforeItShutMayOpenItToo) {
  ASSERT_TRUE(gate_.failed(event(1), Cause::problem, at(0s)));
  EXPECT_TRUE(gate_.accepted());
  EXPECT_EQ(gate_.pass(at(0s)), Pass::all);
}

TEST_F(GateTest, ThreeTransportFailuresInARowShutItEvenForOneEvent) {
  EXPECT_FALSE(gate_.failed(event(1), Cause::transport, at(0s)));
  EXPECT_FALSE(gate_.failed(event(1), Cause::transport, at(0s)));
  EXPECT_TRUE(gate_.failed(event(1), Cause::transport, at(0s)));
}

TEST_F(GateTest, AnAnswerBetweenTransportFailuresBreaksTheirRow) {
  EXPECT_FALSE(gate_.failed(event(1), Cause::transport, at(0s)));
  EXPECT_FALSE(gate_.failed(event(1), Cause::transport, at(0s)));
  EXPECT_FALSE(gate_.failed(event(1), Cause::sick, at(0s)));
  EXPECT_FALSE(gate_.failed(event(1), Cause::transport, at(0s)));
}

TEST_F(GateTest, OneEventThatKeepsFailingNeverShutsIt) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    EXPECT_FALSE(gate_.failed(event(1), Cause::sick, at(attempt * 10s)));
  }
}

TEST_F(GateTest, FailuresOfSeveralEventsOverAWhileShutIt) {
  for (std::uint32_t slot = 0; slot < 20; ++slot) {
    EXPECT_FALSE(gate_.failed(event(slot), Cause::sick, at(0s))) << "all at one moment may be one hiccup";
  }
  EXPECT_FALSE(gate_.failed(event(1), Cause::sick, at(999ms)));
  EXPECT_TRUE(gate_.failed(event(2), Cause::sick, at(1s)));
}

TEST_F(GateTest, AHundredFailuresInARowShutItHoweverFastTheyCame) {
  for (std::uint32_t i = 1; i < 100; ++i) {
    ASSERT_FALSE(gate_.failed(event(i), Cause::sick, at(5s)));
  }
  EXPECT_TRUE(gate_.failed(event(100), Cause::sick, at(5s)));
}

TEST_F(GateTest, AnAcceptedEventInBetweenBeginsTheRowAnew) {
  for (std::uint32_t slot = 0; slot < 4; ++slot) {
    EXPECT_FALSE(gate_.failed(event(slot), Cause::sick, at(0s)));
  }
  EXPECT_FALSE(gate_.accepted());
  for (std::uint32_t slot = 0; slot < 4; ++slot) {
    EXPECT_FALSE(gate_.failed(event(slot), Cause::sick, at(10s)));
  }
  EXPECT_FALSE(gate_.failed(event(1), Cause::sick, at(10s)));
  EXPECT_TRUE(gate_.failed(event(1), Cause::sick, at(11s)));
}

TEST_F(GateTest, AProbeThatSaysNothingAboutTheSinkMakesRoomForTheNext) {
  ASSERT_TRUE(gate_.failed(event(1), Cause::problem, at(0s)));
  ASSERT_EQ(gate_.pass(at(1s)), Pass::probe);
  gate_.probing(event(2));
  gate_.ended(event(3), at(1s));  // sent earlier: not the probe
  EXPECT_EQ(gate_.next(), kNever);
  gate_.ended(event(2), at(1s));
  EXPECT_TRUE(gate_.shut());
  EXPECT_EQ(gate_.next(), at(3s));
}

TEST_F(GateTest, LeavesTheSinkAloneForAsLongAsItAsks) {
  gate_.hold(at(30s));
  gate_.hold(at(20s));
  EXPECT_EQ(gate_.pass(at(29s)), Pass::none);
  EXPECT_EQ(gate_.next(), at(30s));
  EXPECT_FALSE(gate_.accepted()) << "an answer on its way changes nothing about the request";
  EXPECT_EQ(gate_.pass(at(29s)), Pass::none);
  EXPECT_EQ(gate_.pass(at(30s)), Pass::all);
  EXPECT_EQ(gate_.next(), kNever);
}

TEST_F(GateTest, ProbesWaitForItToo) {
  ASSERT_TRUE(gate_.failed(event(1), Cause::problem, at(0s)));
  gate_.hold(at(30s));
  EXPECT_EQ(gate_.next(), at(30s));
  EXPECT_EQ(gate_.pass(at(29s)), Pass::none);
  EXPECT_EQ(gate_.pass(at(30s)), Pass::probe);
}

}  // namespace
}  // namespace exporter::dispatch
