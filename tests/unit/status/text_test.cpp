#include "status/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace exporter::status {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text(const Status& status, const TextOptions& options = {}) {
  std::string all;
  for (const std::string& line : to_text(status, options)) {
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    if (!options.colour) {
      EXPECT_LE(columns_of(line), options.width) << line;
    }
    all += line + "\n";
  }
  return all;
}

Status delivering() {
  Status status;
  status.version = "1.2.3";
  status.commit = "abc1234";
  status.uptime = 1h + 5s;
  status.state = State::delivering;
  status.summary = "Delivering 118 events/s; 1.2 s behind";
  status.lag = {.exported = 1200ms, .read = 300ms, .oldest_unsettled = 0s, .limit = 1h};
  status.rates = {.delivered = 118.2, .failed_attempts = 0, .received = 117.9};
  status.latency = {.p50 = 12ms, .p99 = 90ms};
  status.totals = {.received = 1000, .delivered = 990, .held_back = 5, .failed_attempts = 3, .set_aside = 2};
  status.queue = {.events = 1,
                  .bytes = 8123,
                  .bytes_limit = 12 << 20,
                  .in_flight = 4,
                  .concurrency_limit = 10,
                  .workers = 10,
                  .waiting_for_retry = 0,
                  .read_queue_bytes = 0};
  status.lanes = {.active = 7, .busiest = {{.node = "gpu-17", .waiting = 12, .out = 1}}};
  status.sink = {.endpoint = "https://s.example/e", .paused = false, .last_accepted_ago = 200ms, .last_failure = {}};
  status.token = {.usable = true, .age = 100s, .expires_in = 3200s, .refreshes = 1, .failures = 0};
  status.lease = Lease{.role = Lease::Role::holder, .self = "h:1", .holder = "h:1", .term = 4s};
  status.position = {.provider = "sqlite",
                     .place = "/x.db",
                     .token = "1234",
                     .watermark = WallTime(1'790'000'000s),
                     .saved_ago = 1s,
                     .unsaved = 0s,
                     .settled_ahead = 0,
                     .headroom = Duration::max()};
  status.dead_letters = 2;
  status.step = 2s;
  for (int i = 0; i < 8; ++i) {
    status.samples.push_back({.delivered = i * 20.0, .failed = {}, .p50 = {}, .p99 = 90ms, .lag = {}});
  }
  return status;
}

TEST(StatusText, Delivering) {
  EXPECT_EQ(text(delivering()),
            R"(event-exporter 1.2.3 (abc1234), up 1h                                      READY
Delivering 118 events/s; 1.2 s behind

rate      118/s delivered, 118/s received, 0.0/s failed attempts
          ▁▂▃▄▅▆▇█ 0..140/s, 16s
latency   half within 12ms, 99 % within 90ms
          ████████ 0..90ms, 16s
lag       1.2s to the sink, 300ms to read; limit 1h
queue     1 event, 7.9 KiB of 12 MiB; 4 in flight of 10 (10 workers); 0 for a
          retry
nodes     7 active; gpu-17 12 waiting, 1 out
sink      https://s.example/e: open, accepted an event 200ms ago
token     usable, expires in 53m20s; fetched once, 0 failures
lease     held by this one
position  sqlite /x.db, saved 1s ago
letters   2 dead letters stored
in all    1000 received, 990 delivered, 5 held back by the filter, 3 failed
          attempts, 2 set aside
)");
}

TEST(StatusText, ADatastoreThatDropsChangesIsSaidTo) {
  Status status = delivering();
  status.position.headroom = 80min;
  EXPECT_THAT(text(status), HasSubstr("headroom  what follows it is kept for another 1h20m\n"));
}

TEST(StatusText, NothingIsKnownYet) {
  Status status;
  status.not_ready = "starting";
  EXPECT_EQ(text(status), R"(event-exporter  (), up 0s                                              NOT READY

Not ready: starting

rate      ? delivered, ? received, ? failed attempts
latency   half within ?, 99 % within ?
lag       ? to the sink, ? to read
queue     0 events, 0 B of 0 B; 0 in flight of 0 (0 workers); 0 for a retry
nodes     0 active
sink      : open, has accepted no event yet
token     none that can be used; fetched 0 times, 0 failures
position   , not saved yet
headroom  for how long what follows it is kept is not known
letters   how many dead letters are stored is not known
in all    0 received, 0 delivered, 0 held back by the filter, 0 failed attempts,
          0 set aside
)");
}

TEST(StatusText, ASinkThatIsDownComesFirst) {
  Status status = delivering();
  status.not_ready = "the sink takes no events: service unavailable (status 503)";
  status.problems = {{.id = "sink",
                      .severity = Severity::error,
                      .what = "The sink takes no events: service unavailable (status 503)",
                      .remedy = "Look at the sink's own log; events wait here and nothing is lost. One request at a "
                                "time probes it."}};
  status.sink.paused = true;
  status.sink.last_failure = Failure{.what = "service unavailable", .status = 503, .ago = 12s};
  const std::string shown = text(status);
  EXPECT_THAT(shown, HasSubstr("  NOT READY\n"));
  EXPECT_THAT(shown, HasSubstr(R"(
error     The sink takes no events: service unavailable (status 503)
          Look at the sink's own log; events wait here and nothing is lost. One
          request at a time probes it.

rate )"));
  EXPECT_THAT(shown, HasSubstr(R"(
sink      https://s.example/e: paused, accepted an event 200ms ago; last failure
          12s ago: service unavailable (status 503)
)"));
}

TEST(StatusText, BackfillAndWhatWaits) {
  Status status = delivering();
  status.backfill = {.state = Backfill::State::running, .settled = 5, .total = 60};
  status.lag.oldest_unsettled = 61s;
  status.lease->role = Lease::Role::standby;
  status.lease->holder = "other:7";
  status.position.unsaved = 3s;
  status.position.settled_ahead = 1;
  const std::string shown = text(status, {.width = 120});
  EXPECT_THAT(shown, HasSubstr("\nbackfill  running, 5 of 60\n"));
  EXPECT_THAT(shown, HasSubstr("; oldest event waits for 1m1s; limit 1h\n"));
  EXPECT_THAT(shown, HasSubstr("\nlease     held by other:7\n"));
  EXPECT_THAT(shown, HasSubstr("saved 1s ago, unsaved for 3s, 1 event ahead of it\n"));
  status.backfill.total = {};
  EXPECT_THAT(text(status), HasSubstr("running, 5 of ?\n"));
}

TEST(StatusText, VerboseShowsTheRest) {
  Status status = delivering();
  status.lanes.busiest.push_back({.node = "gpu-18", .waiting = 2, .out = 3, .parallel = true, .stuck = true});
  status.settings = {{.key = "exporter.workers", .value = "10", .origin = "config.toml:12"}};
  const std::string shown = text(status, {.verbose = true});
  EXPECT_THAT(shown, HasSubstr("\n          gpu-18 2 waiting, 3 out, in parallel, stuck\n"));
  EXPECT_THAT(shown, HasSubstr("\n          token 1234\n          watermark 2026-09-21T14:13:20Z\n"));
  EXPECT_THAT(shown, HasSubstr("\nexporter.workers = 10  (config.toml:12)\n"));
}

TEST(StatusText, ManyProblemsAreCutUnlessVerbose) {
  Status status = delivering();
  for (int i = 0; i < 7; ++i) {
    status.problems.push_back(
        {.id = "p", .severity = Severity::warning, .what = "w" + std::to_string(i), .remedy = ""});
  }
  EXPECT_THAT(text(status), HasSubstr("warning   w4\n          and 2 more: --verbose\n"));
  EXPECT_THAT(text(status, {.verbose = true}), HasSubstr("warning   w6\n"));
}

// A name of a node, an answer of the sink: others wrote them.
TEST(StatusText, LetsNoTextOfOthersReachTheTerminalAsItIs) {
  Status status = delivering();
  const std::string evil = "\x1b[2J\x07\n\xc2\x9b\x7f\u202e\xff";
  status.version = status.commit = status.summary = evil;
  status.unhealthy = status.not_ready = evil;
  status.problems = {{.id = evil, .severity = Severity::error, .what = evil, .remedy = evil}};
  status.lanes.busiest[0].node = evil;
  status.sink.endpoint = evil;
  status.sink.last_failure = Failure{.what = evil, .status = 0, .ago = 1s};
  status.lease = Lease{.role = Lease::Role::none, .self = evil, .holder = evil, .term = 1s};
  status.position.provider = status.position.place = evil;
  status.position.token = evil;
  status.settings = {{.key = evil, .value = evil, .origin = evil}};
  const std::string shown = text(status, {.verbose = true});
  for (const char* part : {"\x1b", "\x07", "\xc2\x9b", "\x7f", "\u202e", "\xff"}) {
    EXPECT_THAT(shown, Not(HasSubstr(part)));
  }
}

TEST(StatusText, FitsIntoNarrowAndWideTerminals) {
  Status status = delivering();
  status.problems = {{.id = "x", .severity = Severity::error, .what = std::string(300, 'x'), .remedy = "漢字 é 😀"}};
  status.sink.endpoint =
      "https://" + std::string(100, 'e') + ".example/漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
  for (const std::size_t width : {40U, 41U, 53U, 80U, 200U}) {
    text(status, {.width = width});
  }
  EXPECT_EQ(to_text(status, {.width = 1}), to_text(status, {.width = 40}));
}

TEST(StatusText, ColourIsTheOnlyDifference) {
  Status status = delivering();
  status.problems = {{.id = "x", .severity = Severity::warning, .what = "what", .remedy = "remedy"}};
  std::string coloured = text(status, {.colour = true});
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;32mREADY\x1b[0m"));
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;33mwarning "));
  for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  }
  EXPECT_EQ(coloured, text(status));
}

TEST(Plot, DrawsTheLargestOfEachPart) {
  using Samples = std::vector<std::optional<double>>;
  EXPECT_EQ(plot({0, 1, 2, 3, 4, 5, 6, 7}, 60, 7, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(plot({0, 1, 2, 3, 4, 5, 6, 7}, 60, 7, false), "_.:-=+*#");
  EXPECT_EQ(plot({0, 7, 1, 0, {}, {}, {}, 2}, 4, 7, false), "#. :");
  EXPECT_EQ(plot({0, 0}, 4, 0, false), "__");
  EXPECT_EQ(plot(Samples{}, 4, 1, true), "");
  EXPECT_EQ(plot({9, -3}, 4, 7, false), "#_");
}

TEST(Plot, IsLeftOutWhereThereIsNoRoomOrNothingKnown) {
  Status status = delivering();
  EXPECT_THAT(text(status, {.width = 40, .unicode = false}), HasSubstr("_.:-=+*# 0..140/s, 16s"));
  status.samples.assign(3, Sample{});
  EXPECT_THAT(text(status), Not(HasSubstr("0..")));
}

}  // namespace
}  // namespace exporter::status
