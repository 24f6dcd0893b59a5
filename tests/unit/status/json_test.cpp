// /status as another program reads it.
#include "status/json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>
#include <string>

namespace exporter::status {
namespace {

using namespace std::chrono_literals;

// The document as JSON Pointers (RFC 6901) see it.
class Parsed {
 public:
  explicit Parsed(const Status& status) : text_(to_json(status)) {
    const auto error = parser_.parse(text_).get(root_);
    EXPECT_EQ(error, simdjson::SUCCESS) << text_;
  }
  double number(std::string_view pointer) { return double(at(pointer)); }
  std::string text(std::string_view pointer) { return std::string(std::string_view(at(pointer))); }
  bool truth(std::string_view pointer) { return bool(at(pointer)); }
  bool null(std::string_view pointer) { return at(pointer).is_null(); }
  std::size_t size(std::string_view pointer) { return simdjson::dom::array(at(pointer)).size(); }

 private:
  simdjson::dom::element at(std::string_view pointer) {
    simdjson::dom::element found;
    EXPECT_EQ(root_.at_pointer(pointer).get(found), simdjson::SUCCESS) << pointer << " in " << text_;
    return found;
  }

  std::string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

TEST(StatusJson, WhatIsNotKnownIsNullAndNeverZero) {
  Parsed json{Status{}};
  for (const char* pointer : {"/lag/exportSeconds",
                              "/lag/readSeconds",
                              "/lag/oldestUnsettledSeconds",
                              "/lag/limitSeconds",
                              "/rates/deliveredPerSecond",
                              "/rates/failedAttemptsPerSecond",
                              "/rates/receivedPerSecond",
                              "/latency/p50Seconds",
                              "/latency/p99Seconds",
                              "/sink/lastAcceptedSecondsAgo",
                              "/sink/lastFailure",
                              "/token/ageSeconds",
                              "/token/expiresInSeconds",
                              "/lease",
                              "/position/token",
                              "/position/watermark",
                              "/position/savedSecondsAgo",
                              "/position/headroom/seconds",
                              "/deadLetters/stored",
                              "/backfill/total"}) {
    EXPECT_TRUE(json.null(pointer)) << pointer;
  }
  EXPECT_EQ(json.text("/state"), "starting");
  EXPECT_EQ(json.text("/position/headroom/state"), "unknown");
  EXPECT_EQ(json.size("/problems"), 0U);
  EXPECT_EQ(json.size("/recent/lag"), 0U);
  EXPECT_TRUE(json.truth("/ready"));
}

TEST(StatusJson, ADatastoreThatDropsNothingHasNoNumber) {
  Status status;
  status.position.headroom = Duration::max();
  Parsed json{status};
  EXPECT_EQ(json.text("/position/headroom/state"), "unlimited");
  EXPECT_TRUE(json.null("/position/headroom/seconds"));
}

TEST(StatusJson, EverythingUnderItsName) {
  Status status;
  status.version = "1.2.3";
  status.now = WallTime(1'790'000'000s + 7ms);
  status.uptime = 90s + 250ms;
  status.state = State::blocked;
  status.not_ready = "no token";
  status.problems.push_back({.id = "token", .severity = Severity::warning, .what = "w", .remedy = "r"});
  status.lag.exported = 1500ms;
  status.queue = {.events = 1,
                  .bytes = 2,
                  .bytes_limit = 3,
                  .in_flight = 4,
                  .concurrency_limit = 5,
                  .workers = 6,
                  .waiting_for_retry = 7,
                  .read_queue_bytes = 8};
  status.lanes = {.active = 9,
                  .busiest = {{.node = "n\"<\x01", .waiting = 1, .out = 2, .parallel = true, .stuck = true}}};
  status.sink = {.endpoint = "https://s",
                 .paused = true,
                 .last_accepted_ago = 2s,
                 .last_failure = Failure{.what = "f", .status = 503, .ago = 3s}};
  status.token = {.usable = true, .age = 1s, .expires_in = 2s, .refreshes = 3, .failures = 4};
  status.lease = Lease{.role = Lease::Role::holder, .self = "me", .holder = "me", .term = 4s};
  status.position.watermark = WallTime(1'790'000'000s);
  status.position.headroom = 90min;
  status.backfill = {.state = Backfill::State::running, .settled = 5, .total = 6};
  status.step = 2s;
  status.samples = {{.delivered = 1.5, .failed = {}, .p50 = 1ms, .p99 = {}, .lag = {}}};
  status.settings = {{.key = "k", .value = "v", .origin = "o"}};

  Parsed json{status};
  EXPECT_EQ(json.text("/version"), "1.2.3");
  EXPECT_EQ(json.text("/now"), "2026-09-21T14:13:20.007Z");
  EXPECT_DOUBLE_EQ(json.number("/uptimeSeconds"), 90.25);
  EXPECT_EQ(json.text("/state"), "blocked");
  EXPECT_FALSE(json.truth("/ready"));
  EXPECT_EQ(json.text("/readyReason"), "no token");
  EXPECT_EQ(json.text("/problems/0/severity"), "warning");
  EXPECT_DOUBLE_EQ(json.number("/lag/exportSeconds"), 1.5);
  EXPECT_DOUBLE_EQ(json.number("/queue/readQueueBytes"), 8);
  EXPECT_EQ(json.text("/lanes/busiest/0/node"), "n\"<\x01");
  EXPECT_TRUE(json.truth("/lanes/busiest/0/stuck"));
  EXPECT_EQ(json.text("/position/headroom/state"), "known");
  EXPECT_DOUBLE_EQ(json.number("/position/headroom/seconds"), 5400);
  EXPECT_EQ(json.text("/sink/state"), "paused");
  EXPECT_DOUBLE_EQ(json.number("/sink/lastFailure/status"), 503);
  EXPECT_DOUBLE_EQ(json.number("/token/failures"), 4);
  EXPECT_EQ(json.text("/lease/role"), "holder");
  EXPECT_DOUBLE_EQ(json.number("/lease/termSeconds"), 4);
  EXPECT_EQ(json.text("/backfill/state"), "running");
  EXPECT_DOUBLE_EQ(json.number("/recent/stepSeconds"), 2);
  EXPECT_DOUBLE_EQ(json.number("/recent/delivered/0"), 1.5);
  EXPECT_TRUE(json.null("/recent/failed/0"));
  EXPECT_DOUBLE_EQ(json.number("/recent/p50/0"), 0.001);
  EXPECT_TRUE(json.null("/recent/lag/0"));
  EXPECT_EQ(json.text("/settings/0/origin"), "o");
}

TEST(StatusJson, LongTimesKeepTheirDigitsAndNoNumberIsInvalid) {
  Status status;
  status.uptime = 400 * 24h + 1ms;
  status.rates.delivered = std::numeric_limits<double>::infinity();
  Parsed json{status};
  EXPECT_DOUBLE_EQ(json.number("/uptimeSeconds"), 34'560'000.001);
  EXPECT_TRUE(json.null("/rates/deliveredPerSecond"));
}

}  // namespace
}  // namespace exporter::status
