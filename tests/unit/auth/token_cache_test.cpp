#include "auth/token_cache.h"

#include <gtest/gtest.h>

namespace exporter::auth {
namespace {

using namespace std::chrono_literals;

class TokenCacheTest : public testing::Test {
 protected:
  TokenCache cache_;
  MonoTime now_{1000s};
  std::uint64_t generation_ = 0;

  void advance(Duration by) { now_ += by; }
  bool wants_fetch() { return cache_.begin_fetch(now_); }
  void succeed(std::optional<Duration> lifetime) { cache_.fetched(now_, ++generation_, lifetime); }
  void fail(FetchFailure kind = FetchFailure::transient, double uniform = 1.0) { cache_.failed(now_, kind, uniform); }
  Duration wait() { return cache_.next_wake(now_) - now_; }
  std::optional<std::uint64_t> current() { return cache_.current(now_); }

  // A token of `lifetime`, just fetched.
  void hold(std::optional<Duration> lifetime) {
    ASSERT_TRUE(wants_fetch());
    succeed(lifetime);
  }
};

TEST_F(TokenCacheTest, WantsATokenAtOnceAndOnlyOneFetch) {
  EXPECT_EQ(current(), std::nullopt);
  EXPECT_TRUE(wants_fetch());
  EXPECT_FALSE(wants_fetch());
  EXPECT_EQ(cache_.next_wake(now_), kNever);
}

TEST_F(TokenCacheTest, RefreshesAMinuteBeforeTheEndOfALongLife) {
  hold(3600s);
  EXPECT_EQ(current(), 1U);
  EXPECT_EQ(wait(), 3540s);
  advance(3540s - 1ns);
  EXPECT_FALSE(wants_fetch());
  advance(1ns);
  EXPECT_TRUE(wants_fetch());
}

TEST_F(TokenCacheTest, RefreshesAtFourFifthsOfAShortLife) {
  hold(60s);
  EXPECT_EQ(wait(), 48s);
}

TEST_F(TokenCacheTest, NeverLoopsForTokensThatLiveNoTime) {
  hold(1s);
  EXPECT_EQ(wait(), 1s);
  advance(999ms);
  EXPECT_FALSE(wants_fetch());
  EXPECT_EQ(current(), 1U);
  advance(1ms);
  EXPECT_TRUE(wants_fetch());
  EXPECT_EQ(current(), std::nullopt);
}

TEST_F(TokenCacheTest, AssumesFiveMinutesWhenTheLifetimeIsNotSaid) {
  hold(std::nullopt);
  EXPECT_EQ(wait(), 240s);
  advance(300s - 1ns);
  EXPECT_EQ(current(), 1U);
  advance(1ns);
  EXPECT_EQ(current(), std::nullopt);
}

TEST_F(TokenCacheTest, UsesTheOldTokenWhileTheNextIsFetched) {
  hold(100s);
  advance(80s);
  EXPECT_TRUE(wants_fetch());
  EXPECT_EQ(current(), 1U);
  EXPECT_EQ(wait(), 20s);
  succeed(100s);
  EXPECT_EQ(current(), 2U);
}

TEST_F(TokenCacheTest, KeepsTheOldTokenToItsEndWhileRefreshesFail) {
  hold(100s);
  advance(80s);
  for (const Duration delay : {1s, 2s, 4s, 8s}) {
    ASSERT_TRUE(wants_fetch());
    fail();
    EXPECT_EQ(current(), 1U);
    EXPECT_EQ(cache_.next_fetch() - now_, delay);
    advance(delay);
  }
  ASSERT_TRUE(wants_fetch());
  fail();
  EXPECT_EQ(wait(), 5s);
  advance(5s);
  EXPECT_EQ(current(), std::nullopt);
  EXPECT_FALSE(wants_fetch());
}

TEST_F(TokenCacheTest, BacksOffToThirtySecondsWithJitter) {
  for (const Duration delay : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    ASSERT_TRUE(wants_fetch());
    fail();
    EXPECT_EQ(wait(), delay);
    advance(delay);
  }
  ASSERT_TRUE(wants_fetch());
  fail(FetchFailure::transient, 0.0);
  EXPECT_EQ(wait(), 21s);
  EXPECT_EQ(cache_.failures(), 8U);
}

TEST_F(TokenCacheTest, StartsOverAfterASuccess) {
  ASSERT_TRUE(wants_fetch());
  fail();
  advance(1s);
  hold(100s);
  EXPECT_EQ(cache_.failures(), 0U);
  advance(80s);
  ASSERT_TRUE(wants_fetch());
  fail();
  EXPECT_EQ(wait(), 1s);
}

TEST_F(TokenCacheTest, AsksSlowlyWhenTheClientIsRefused) {
  for (const Duration delay : {10s, 30s, 30s}) {
    ASSERT_TRUE(wants_fetch());
    fail(FetchFailure::refused);
    EXPECT_EQ(wait(), delay);
    advance(delay);
  }
}

TEST_F(TokenCacheTest, FetchesAtOnceWhenAGoodTokenIsRejected) {
  hold(3600s);
  advance(61s);
  cache_.rejected(now_, 1);
  EXPECT_EQ(current(), std::nullopt);
  EXPECT_TRUE(wants_fetch());
}

TEST_F(TokenCacheTest, IgnoresRejectionsOfOlderTokens) {
  hold(100s);
  advance(80s);
  hold(100s);
  cache_.rejected(now_, 1);
  EXPECT_EQ(current(), 2U);
  EXPECT_FALSE(wants_fetch());
  cache_.rejected(now_, 3);
  EXPECT_EQ(current(), 2U);
}

TEST_F(TokenCacheTest, CountsManyRejectionsOfOneTokenOnce) {
  hold(3600s);
  for (int i = 0; i < 50; ++i) {
    cache_.rejected(now_, 1);
  }
  hold(3600s);
  cache_.rejected(now_, 2);
  EXPECT_EQ(wait(), 1s);
}

TEST_F(TokenCacheTest, HammersNobodyForASinkThatRejectsEverything) {
  int fetches = 0;
  const MonoTime end = now_ + 1h;
  while (now_ < end) {
    hold(3600s);
    ++fetches;
    cache_.rejected(now_, generation_);
    advance(wait());
  }
  // Two at once, then after 1, 2, 4, 8 and 16 s, then one each 30 s.
  EXPECT_EQ(fetches, 125);
}

TEST_F(TokenCacheTest, TrustsAgainOnceATokenHasProvenGood) {
  for (int i = 0; i < 5; ++i) {
    hold(3600s);
    cache_.rejected(now_, generation_);
    advance(wait());
  }
  hold(3600s);
  advance(1min);
  cache_.rejected(now_, generation_);
  EXPECT_EQ(wait(), 0s);
}

TEST_F(TokenCacheTest, WaitsForTheFetchUnderWayWhenTheOldTokenIsRejected) {
  hold(100s);
  advance(80s);
  ASSERT_TRUE(wants_fetch());
  cache_.rejected(now_, 1);
  EXPECT_FALSE(wants_fetch());
  EXPECT_EQ(cache_.next_wake(now_), kNever);
  succeed(100s);
  EXPECT_EQ(current(), 2U);
  EXPECT_EQ(wait(), 80s);
}

TEST_F(TokenCacheTest, DoesNotHurryAFailingEndpointForARejection) {
  hold(100s);
  advance(80s);
  for (const Duration delay : {1s, 2s, 4s}) {
    ASSERT_TRUE(wants_fetch());
    fail();
    advance(delay);
  }
  ASSERT_TRUE(wants_fetch());
  fail();
  cache_.rejected(now_, 1);
  EXPECT_EQ(wait(), 8s);
}

}  // namespace
}  // namespace exporter::auth
