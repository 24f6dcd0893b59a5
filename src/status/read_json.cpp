#include "status/read_json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace exporter::status {

namespace {

using Element = simdjson::dom::element;
using simdjson::SUCCESS;

// Of hostile answers; the contract has fewer of each.
constexpr std::size_t kMostSamples = 3000;
constexpr std::size_t kMostItems = 1000;

// Durations hold about 292 years of nanoseconds.
std::optional<Duration> to_duration(std::optional<double> seconds) {
  if (!seconds || !(std::abs(*seconds) < 9e9)) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds));
}

std::optional<double> to_number(simdjson::simdjson_result<Element> element) {
  double value = 0;
  return element.get_double().get(value) == SUCCESS ? std::optional(value) : std::nullopt;
}

// "2026-11-22T10:20:30.123Z", as json.h writes it, the fraction and more digits of it at will.
std::optional<WallTime> to_time(std::string_view text) {
  using namespace std::chrono;
  int year_of = 0;
  unsigned month_of = 0;
  unsigned day_of = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  const std::string terminated(text.substr(0, 40));
  // NOLINTNEXTLINE(cert-err34-c): what does not convert leaves fewer than six values
  if (std::sscanf(terminated.c_str(), "%4d-%2u-%2uT%2d:%2d:%lfZ", &year_of, &month_of, &day_of, &hour, &minute,
                  &second) != 6) {
    return std::nullopt;
  }
  const year_month_day date(year{year_of}, month{month_of}, day{day_of});
  if (!date.ok() || year_of < 1700 || year_of > 2200 || !(second >= 0 && second < 61)) {
    return std::nullopt;
  }
  return WallTime(sys_days(date)) + hours(hour) + minutes(minute) +
         round<milliseconds>(std::chrono::duration<double>(second));
}

// The members of one JSON value; of what is no object, none.
class Members {
 public:
  explicit Members(simdjson::simdjson_result<Element> element) {
    there_ = element.get_object().get(object_) == SUCCESS;
  }

  [[nodiscard]] simdjson::simdjson_result<Element> at(std::string_view key) const {
    return there_ ? object_.at_key(key) : simdjson::simdjson_result<Element>(simdjson::NO_SUCH_FIELD);
  }
  [[nodiscard]] Members object(std::string_view key) const { return Members(at(key)); }
  [[nodiscard]] std::optional<std::string> given(std::string_view key) const {
    std::string_view value;
    return at(key).get_string().get(value) == SUCCESS ? std::optional<std::string>(value) : std::nullopt;
  }
  [[nodiscard]] std::string text(std::string_view key) const { return given(key).value_or(""); }
  [[nodiscard]] std::optional<double> number(std::string_view key) const { return to_number(at(key)); }
  [[nodiscard]] std::optional<Duration> seconds(std::string_view key) const { return to_duration(number(key)); }
  [[nodiscard]] std::optional<std::uint64_t> known(std::string_view key) const {
    const auto value = number(key);
    return value && *value >= 0 && *value < 1.8e19 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  }
  [[nodiscard]] std::uint64_t count(std::string_view key) const { return known(key).value_or(0); }
  [[nodiscard]] bool flag(std::string_view key, bool otherwise = false) const {
    bool value = false;
    return at(key).get_bool().get(value) == SUCCESS ? value : otherwise;
  }
  [[nodiscard]] bool exists() const { return there_; }

  // Calls `take` with the first `most` elements of an array.
  template <class Take>
  void each(std::string_view key, std::size_t most, const Take& take) const {
    simdjson::dom::array array;
    if (at(key).get_array().get(array) != SUCCESS) {
      return;
    }
    for (const Element element : array) {
      if (most-- == 0) {
        return;
      }
      take(simdjson::simdjson_result<Element>(Element(element)));
    }
  }

 private:
  simdjson::dom::object object_;
  bool there_ = false;
};

// The value whose name it is; of a name that this program does not know, `otherwise`.
template <class Value, std::size_t Count>
Value named(const std::string& name, const std::array<Value, Count>& values, Value otherwise) {
  const auto found =
      std::find_if(values.begin(), values.end(), [&name](Value value) { return to_string(value) == name; });
  return found == values.end() ? otherwise : *found;
}

std::optional<std::string> reason(const Members& all, std::string_view ok, std::string_view why) {
  if (all.flag(ok, true)) {
    return std::nullopt;
  }
  return all.text(why);
}

void read_flow(const Members& all, Status& status) {
  const Members lag = all.object("lag");
  status.lag = {.exported = lag.seconds("exportSeconds"),
                .read = lag.seconds("readSeconds"),
                .oldest_unsettled = lag.seconds("oldestUnsettledSeconds"),
                .limit = lag.seconds("limitSeconds")};
  const Members rates = all.object("rates");
  status.rates = {.delivered = rates.number("deliveredPerSecond"),
                  .failed_attempts = rates.number("failedAttemptsPerSecond"),
                  .received = rates.number("receivedPerSecond")};
  const Members latency = all.object("latency");
  status.latency = {.p50 = latency.seconds("p50Seconds"), .p99 = latency.seconds("p99Seconds")};
  const Members totals = all.object("totals");
  status.totals = {.received = totals.count("received"),
                   .delivered = totals.count("delivered"),
                   .held_back = totals.count("heldBack"),
                   .failed_attempts = totals.count("failedAttempts"),
                   .set_aside = totals.count("setAside")};
}

void read_load(const Members& all, Status& status) {
  const Members queue = all.object("queue");
  status.queue = {.events = queue.count("events"),
                  .bytes = queue.count("bytes"),
                  .bytes_limit = queue.count("bytesLimit"),
                  .in_flight = queue.count("inFlight"),
                  .concurrency_limit = queue.count("concurrencyLimit"),
                  .workers = queue.count("workers"),
                  .waiting_for_retry = queue.count("waitingForRetry"),
                  .read_queue_bytes = queue.count("readQueueBytes")};
  const Members lanes = all.object("lanes");
  status.lanes.active = lanes.count("active");
  lanes.each("busiest", kMostItems, [&status](auto element) {
    const Members lane(element);
    status.lanes.busiest.push_back({.node = lane.text("node"),
                                    .waiting = lane.count("waiting"),
                                    .out = lane.count("out"),
                                    .parallel = lane.flag("parallel"),
                                    .stuck = lane.flag("stuck")});
  });
}

void read_others(const Members& all, Status& status) {
  const Members sink = all.object("sink");
  status.sink = {.endpoint = sink.text("endpoint"),
                 .paused = sink.text("state") == "paused",
                 .last_accepted_ago = sink.seconds("lastAcceptedSecondsAgo"),
                 .last_failure = {}};
  if (const Members failure = sink.object("lastFailure"); failure.exists()) {
    status.sink.last_failure = {.what = failure.text("what"),
                                .status = static_cast<int>(std::min<std::uint64_t>(failure.count("status"), 999)),
                                .ago = failure.seconds("secondsAgo").value_or(Duration::zero())};
  }
  const Members token = all.object("token");
  status.token = {.usable = token.flag("usable"),
                  .age = token.seconds("ageSeconds"),
                  .expires_in = token.seconds("expiresInSeconds"),
                  .refreshes = token.count("refreshes"),
                  .failures = token.count("failures")};
  if (const Members lease = all.object("lease"); lease.exists()) {
    constexpr std::array kRoles{Lease::Role::holder, Lease::Role::standby, Lease::Role::none};
    status.lease = Lease{.role = named(lease.text("role"), kRoles, Lease::Role::none),
                         .self = lease.text("self"),
                         .holder = lease.text("holder"),
                         .term = lease.seconds("termSeconds").value_or(Duration::zero())};
  }
}

std::optional<Duration> read_headroom(const Members& headroom) {
  return headroom.text("state") == "unlimited" ? std::optional(Duration::max()) : headroom.seconds("seconds");
}

void read_progress(const Members& all, Status& status) {
  const Members position = all.object("position");
  status.position = {.provider = position.text("provider"),
                     .place = position.text("place"),
                     .token = position.given("token"),
                     .watermark = to_time(position.text("watermark")),
                     .saved_ago = position.seconds("savedSecondsAgo"),
                     .unsaved = position.seconds("unsavedSeconds").value_or(Duration::zero()),
                     .settled_ahead = position.count("settledAhead"),
                     .headroom = read_headroom(position.object("headroom"))};
  status.dead_letters = all.object("deadLetters").known("stored");
  constexpr std::array kStates{Backfill::State::none, Backfill::State::running, Backfill::State::done};
  const Members backfill = all.object("backfill");
  status.backfill = {.state = named(backfill.text("state"), kStates, Backfill::State::none),
                     .settled = backfill.count("settled"),
                     .total = backfill.known("total")};
}

void read_recent(const Members& all, Status& status) {
  const Members recent = all.object("recent");
  status.step = recent.seconds("stepSeconds").value_or(Duration::zero());
  const auto column = [&](std::string_view key, const auto& put) {
    std::size_t index = 0;
    recent.each(key, kMostSamples, [&](auto element) {
      if (index >= status.samples.size()) {
        status.samples.emplace_back();
      }
      put(status.samples[index++], to_number(element));
    });
  };
  column("delivered", [](Sample& sample, std::optional<double> value) { sample.delivered = value; });
  column("failed", [](Sample& sample, std::optional<double> value) { sample.failed = value; });
  column("p50", [](Sample& sample, std::optional<double> value) { sample.p50 = to_duration(value); });
  column("p99", [](Sample& sample, std::optional<double> value) { sample.p99 = to_duration(value); });
  column("lag", [](Sample& sample, std::optional<double> value) { sample.lag = to_duration(value); });
}

}  // namespace

Result<Status> from_json(std::string_view json) {
  if (json.size() > kMaxStatusBytes) {
    return fail(ErrorKind::corrupt, "the answer is longer than a status");
  }
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  const auto document = parser.parse(padded);
  if (document.error() != SUCCESS) {
    return fail(ErrorKind::corrupt, "the answer is no JSON");
  }
  const Members all(document);
  const auto state = all.given("state");
  const auto summary = all.given("summary");
  if (!state || !summary) {
    return fail(ErrorKind::corrupt, "the answer is JSON, but not that of an event-exporter's /status");
  }
  constexpr std::array kStates{State::starting, State::standby, State::backfilling, State::delivering,
                               State::idle,     State::blocked, State::stopping};
  Status status;
  status.version = all.text("version");
  status.commit = all.text("commit");
  status.now = to_time(all.text("now")).value_or(WallTime{});
  status.uptime = all.seconds("uptimeSeconds").value_or(Duration::zero());
  status.state = named(*state, kStates, State::starting);
  status.summary = *summary;
  status.unhealthy = reason(all, "healthy", "healthyReason");
  status.not_ready = reason(all, "ready", "readyReason");
  all.each("problems", kMostItems, [&status](auto element) {
    const Members problem(element);
    status.problems.push_back({.id = problem.text("id"),
                               .severity = problem.text("severity") == "warning" ? Severity::warning : Severity::error,
                               .what = problem.text("what"),
                               .remedy = problem.text("remedy")});
  });
  read_flow(all, status);
  read_load(all, status);
  read_others(all, status);
  read_progress(all, status);
  read_recent(all, status);
  all.each("settings", kMostItems, [&status](auto element) {
    const Members setting(element);
    status.settings.push_back(
        {.key = setting.text("key"), .value = setting.text("value"), .origin = setting.text("origin")});
  });
  return status;
}

}  // namespace exporter::status
