// What a running exporter says about itself to people: plain values, for /status, the page at / and the terminal.
//
// One moment's view, put together by app/live_status. What is not known is empty, never 0. No secrets: whoever can
// reach the admin port can read it. Documented for users in docs/status-page.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace exporter::status {

enum class State : std::uint8_t {
  starting,     // the first position is not known yet
  standby,      // another exporter holds the lease
  backfilling,  // the history is being sent
  delivering,   // events are on their way
  idle,         // everything that was read is delivered
  blocked,      // there are events, or may be, and something stands in their way: see the problems
  stopping,
};
[[nodiscard]] std::string_view to_string(State state);

enum class Severity : std::uint8_t { error, warning };
[[nodiscard]] std::string_view to_string(Severity severity);

struct Problem {
  std::string id;  // a word that stays the same: "sink", "token", "lag", ...
  Severity severity = Severity::error;
  std::string what;
  std::string remedy;  // what happens next, and what the operator can do
};

// See pipeline/lag.h.
struct Lag {
  std::optional<Duration> exported;
  std::optional<Duration> read;
  std::optional<Duration> oldest_unsettled;  // since it was read; zero when all is settled
  std::optional<Duration> limit;             // of readiness; empty: none is set
};

// Of the last ten seconds.
struct Rates {
  std::optional<double> delivered;  // events a second
  std::optional<double> failed_attempts;
  std::optional<double> received;
};

// From the first attempt to acceptance, of the last minute; empty when nothing was accepted.
struct Latency {
  std::optional<Duration> p50;
  std::optional<Duration> p99;
};

// Since the process started.
struct Totals {
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::uint64_t held_back = 0;  // by the filter
  std::uint64_t failed_attempts = 0;
  std::uint64_t set_aside = 0;  // as dead letters
};

struct Queue {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_limit = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t concurrency_limit = 0;  // requests that may be in flight now
  std::uint64_t workers = 0;            // and at most
  std::uint64_t waiting_for_retry = 0;
  std::uint64_t read_queue_bytes = 0;
};

struct Lane {
  std::string node;
  std::uint64_t waiting = 0;
  std::uint64_t out = 0;  // in flight, or waiting for the next attempt
  bool parallel = false;  // its backlog goes out without order
  bool stuck = false;
};

struct Lanes {
  std::uint64_t active = 0;
  std::vector<Lane> busiest;  // at most ten, the longest first
};

struct Failure {
  std::string what;
  int status = 0;  // 0: no answer
  Duration ago{};
};

struct Sink {
  std::string endpoint;
  bool paused = false;  // nothing is accepted; one request at a time probes
  std::optional<Duration> last_accepted_ago;
  std::optional<Failure> last_failure;
};

struct Token {
  bool usable = false;
  std::optional<Duration> age;
  std::optional<Duration> expires_in;
  std::uint64_t refreshes = 0;
  std::uint64_t failures = 0;
};

struct Lease {
  enum class Role : std::uint8_t { holder, standby, none };
  Role role = Role::none;
  std::string self;
  std::string holder;  // empty: not known
  Duration term{};
};
[[nodiscard]] std::string_view to_string(Lease::Role role);

struct Position {
  std::string provider;
  std::string place;
  std::optional<std::string> token;  // shortened when it is long
  std::optional<WallTime> watermark;
  std::optional<Duration> saved_ago;
  Duration unsaved{};  // how old the oldest progress is that is not saved
  std::uint64_t settled_ahead = 0;
  // How much longer the datastore keeps what follows the saved position; Duration::max(): it drops nothing, or has not
  // so far.
  std::optional<Duration> headroom;
};

struct Backfill {
  enum class State : std::uint8_t { none, running, done };
  State state = State::none;
  std::uint64_t settled = 0;
  std::optional<std::uint64_t> total;
};
[[nodiscard]] std::string_view to_string(Backfill::State state);

// One step of the plots.
struct Sample {
  std::optional<double> delivered;  // events a second
  std::optional<double> failed;     // attempts a second
  std::optional<Duration> p50;
  std::optional<Duration> p99;
  std::optional<Duration> lag;
};

struct Setting {
  std::string key;
  std::string value;
  std::string origin;
};

struct Status {
  std::string version;
  std::string commit;
  WallTime now{};
  Duration uptime{};
  State state = State::starting;
  std::string summary;  // one sentence
  // The reasons of /healthz and /readyz; empty: well.
  std::optional<std::string> unhealthy;
  std::optional<std::string> not_ready;
  std::vector<Problem> problems;  // worst first
  Lag lag;
  Rates rates;
  Latency latency;
  Totals totals;
  Queue queue;
  Lanes lanes;
  Sink sink;
  Token token;
  std::optional<Lease> lease;  // empty: no lease is used
  Position position;
  std::optional<std::uint64_t> dead_letters;  // stored
  Backfill backfill;
  Duration step{};              // between two samples
  std::vector<Sample> samples;  // oldest first
  std::vector<Setting> settings;
};

}  // namespace exporter::status
