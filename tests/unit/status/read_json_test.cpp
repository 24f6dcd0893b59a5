#include "status/read_json.h"

#include <gtest/gtest.h>

#include <string>

#include "status/json.h"

namespace exporter::status {
namespace {

using namespace std::chrono_literals;

// No two values alike, so that none can stand in another's place.
Status full() {
  Status status;
  status.version = "1.2.3";
  status.commit = "abc";
  status.now = WallTime(1'790'000'000s + 7ms);
  status.uptime = 90s + 250ms;
  status.state = State::blocked;
  status.summary = "The sink takes nothing";
  status.not_ready = "no token";
  status.unhealthy = "stuck";
  status.problems = {{.id = "token", .severity = Severity::warning, .what = "w", .remedy = "r"},
                     {.id = "sink", .severity = Severity::error, .what = "", .remedy = ""}};
  status.lag = {.exported = 1500ms, .read = 1s, .oldest_unsettled = 2s, .limit = 3600s};
  status.rates = {.delivered = 118.5, .failed_attempts = 1, .received = 2};
  status.latency = {.p50 = 12ms, .p99 = 90ms};
  status.totals = {.received = 11, .delivered = 12, .held_back = 13, .failed_attempts = 14, .set_aside = 15};
  status.queue = {.events = 1,
                  .bytes = 2,
                  .bytes_limit = 3,
                  .in_flight = 4,
                  .concurrency_limit = 5,
                  .workers = 6,
                  .waiting_for_retry = 7,
                  .read_queue_bytes = 8};
  status.lanes = {.active = 9,
                  .busiest = {{.node = "n\"<\x01", .waiting = 1, .out = 2, .parallel = true, .stuck = false},
                              {.node = "m", .waiting = 3, .out = 4, .parallel = false, .stuck = true}}};
  status.sink = {.endpoint = "https://s",
                 .paused = true,
                 .last_accepted_ago = 2s,
                 .last_failure = Failure{.what = "f", .status = 503, .ago = 3s}};
  status.token = {.usable = true, .age = 1s, .expires_in = 2s, .refreshes = 3, .failures = 4};
  status.lease = Lease{.role = Lease::Role::standby, .self = "me", .holder = "you", .term = 4s};
  status.position = {.provider = "sqlite",
                     .place = "/x.db",
                     .token = "1234",
                     .watermark = WallTime(1'700'000'000s + 1ms),
                     .saved_ago = 5s,
                     .unsaved = 6s,
                     .settled_ahead = 7,
                     .headroom = 8min};
  status.dead_letters = 21;
  status.backfill = {.state = Backfill::State::running, .settled = 5, .total = 6};
  status.step = 2s;
  status.samples = {{.delivered = 1.5, .failed = {}, .p50 = 1ms, .p99 = {}, .lag = 4s},
                    {.delivered = {}, .failed = 2, .p50 = {}, .p99 = 3ms, .lag = {}}};
  status.settings = {{.key = "k", .value = "v", .origin = "o"}};
  return status;
}

TEST(StatusFromJson, HasEverythingThatWasWritten) {
  const std::string json = to_json(full());
  const auto read = from_json(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), json);
}

TEST(StatusFromJson, KnowsADatastoreThatDropsNothing) {
  Status status;
  status.position.headroom = Duration::max();
  EXPECT_EQ(from_json(to_json(status))->position.headroom, Duration::max());
}

TEST(StatusFromJson, KeepsUnknownApartFromZero) {
  const std::string json = to_json(Status{});
  const auto read = from_json(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), json);
  EXPECT_FALSE(read->lease);
  EXPECT_FALSE(read->dead_letters);
  EXPECT_FALSE(read->sink.last_failure);
  EXPECT_FALSE(read->position.headroom);
}

TEST(StatusFromJson, TakesTheAnswersOfOlderAndNewerExporters) {
  const auto read = from_json(
      R"({"state":"dreaming","summary":"New","ready":true,"lag":null,"queue":[1],"token":{"usable":"yes"},"new":{"a":[]},)"
      R"("recent":{"stepSeconds":2,"delivered":[1,"x",3],"lag":[1]},"totals":{"received":-5,"delivered":1e300}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->summary, "New");
  EXPECT_EQ(read->state, State::starting);
  EXPECT_FALSE(read->not_ready);
  EXPECT_FALSE(read->lag.exported);
  EXPECT_EQ(read->queue.events, 0U);
  EXPECT_FALSE(read->token.usable);
  EXPECT_EQ(read->totals.received, 0U);
  EXPECT_EQ(read->totals.delivered, 0U);
  ASSERT_EQ(read->samples.size(), 3U);
  EXPECT_EQ(read->samples[0].delivered, 1.0);
  EXPECT_FALSE(read->samples[1].delivered);
  EXPECT_EQ(read->samples[0].lag, 1s);
}

TEST(StatusFromJson, TakesNoDurationThatHasNoRoom) {
  const auto read = from_json(R"({"state":"idle","summary":"","uptimeSeconds":1e300,"lag":{"exportSeconds":-1e300}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->uptime, Duration::zero());
  EXPECT_FALSE(read->lag.exported);
}

TEST(StatusFromJson, BoundsWhatItKeeps) {
  std::string many = R"({"state":"idle","summary":"","recent":{"delivered":[0)";
  for (int i = 0; i < 10000; ++i) {
    many += ",1";
  }
  const auto read = from_json(many + "]}}");
  ASSERT_TRUE(read);
  EXPECT_LE(read->samples.size(), 3000U);
}

TEST(StatusFromJson, SaysWhatItIsNot) {
  EXPECT_EQ(from_json("<html>").error().message, "the answer is no JSON");
  EXPECT_EQ(from_json("").error().message, "the answer is no JSON");
  for (const char* other : {"[]", "{}", "3", R"({"state":"idle"})", R"({"state":1,"summary":"x"})"}) {
    EXPECT_EQ(from_json(other).error().message, "the answer is JSON, but not that of an event-exporter's /status");
  }
  EXPECT_FALSE(from_json(std::string(kMaxStatusBytes + 1, ' ')));
}

}  // namespace
}  // namespace exporter::status
