#include "status/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/number_text.h"

namespace exporter::status {

namespace {

// Until so long after the start nobody expects to know how far behind it is.
constexpr Duration kLagKnownAfter = std::chrono::minutes(1);
constexpr Duration kLagOfConcern = std::chrono::minutes(5);
constexpr Duration kSavedLate = std::chrono::minutes(1);

std::string seconds(Duration duration) {
  const double value = std::chrono::duration<double>(duration).count();
  if (value < 1) {
    return fmt::format("{:.0f} ms", value * 1000);
  }
  if (value < 10) {
    return fmt::format("{:.1f} s", value);
  }
  const auto whole = static_cast<std::int64_t>(value);
  if (whole < 120) {
    return fmt::format("{} s", whole);
  }
  if (whole < 2 * 3600) {
    return fmt::format("{} min", whole / 60);
  }
  return whole < 2 * 86400 ? fmt::format("{} h", whole / 3600) : fmt::format("{} days", whole / 86400);
}

std::string events(std::uint64_t count) {
  return fmt::format("{} event{}", with_thousands(count), count == 1 ? "" : "s");
}

std::string sentence(std::string text) {
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

struct Advice {
  std::string_view id;
  std::string_view remedy;
};

Advice advice(Obstacle::Kind kind) {
  switch (kind) {
    case Obstacle::Kind::start:
      return {
          "start",
          "Nothing is sent before the stored position is known; it is asked for again and again. If this lasts, check "
          "that the datastore runs, and its address, user and certificates in the log."};
    case Obstacle::Kind::sink:
      return {
          "sink",
          "Events wait and none is lost; one request at a time tries the sink until it accepts one, then all go out. "
          "Look at the sink's own log; `event-exporter verify-sink` tries each step on the way to it."};
    case Obstacle::Kind::token:
      return {
          "token",
          "Events wait until there is a token; it is asked for again and again. Look at the token endpoint, the client "
          "id and the secret's file; the log has the last answer, and `event-exporter verify-sink` tries each step."};
    case Obstacle::Kind::reading:
      return {"reading",
              "What was read goes out, and reading is tried again with growing pauses; nothing is lost. Check that the "
              "datastore runs and can be reached, and what its log says."};
    case Obstacle::Kind::saving:
      return {
          "saving",
          "Delivery goes on and saving is tried again. After a restart the events since the last save are sent twice, "
          "with the same ids. Check the datastore's disk, permissions and log."};
    case Obstacle::Kind::lag:
      return {"lag",
              "Nothing is lost, but events come late. If the rate is at the sink's limit, raise --workers; if requests "
              "fail, look at the sink; if one node is far ahead of the others in the list, look at that node."};
    case Obstacle::Kind::lease:
      return {
          "lease",
          "Nothing is sent without the lease; it is asked for again and again. Check that the datastore runs and that "
          "this exporter may write where its progress is kept."};
  }
  return {"start", ""};
}

void add(Status& status, std::string_view id, Severity severity, std::string what, std::string_view remedy) {
  status.problems.push_back(
      {.id = std::string(id), .severity = severity, .what = std::move(what), .remedy = std::string(remedy)});
}

// However long the datastore keeps its changes: less of that time is left than was used up. Not of a lag that comes and
// goes.
bool runs_out(const Status& status) {
  return status.position.headroom && status.lag.exported.value_or(Duration::zero()) > kLagOfConcern &&
         *status.position.headroom < *status.lag.exported;
}

void add_warnings(Status& status, bool lag_is_told) {
  if (status.rates.failed_attempts.value_or(0) > 0 && !status.sink.paused && status.sink.last_failure) {
    const Failure& failure = *status.sink.last_failure;
    add(status, "attempts", Severity::warning,
        fmt::format("Some requests fail, {:.3g} a second; the last one: {}{}", *status.rates.failed_attempts,
                    failure.what, failure.status != 0 ? fmt::format(" (status {})", failure.status) : ""),
        "What the sink may take later is tried again, each after its own pause; what it refuses becomes a dead letter, "
        "and "
        "nothing is lost. If it lasts, look at the sink's log.");
  }
  const auto stuck = std::find_if(status.lanes.busiest.begin(), status.lanes.busiest.end(),
                                  [](const Lane& lane) { return lane.stuck; });
  if (stuck != status.lanes.busiest.end()) {
    add(status, "stuck", Severity::warning,
        fmt::format("The sink does not take the events of node {}, though it takes others", stuck->node),
        "They become dead letters when their retries are used up, so that the others go on. Look in the sink's log for "
        "what is wrong with them.");
  }
  if (!status.lag.exported && !lag_is_told && status.uptime > kLagKnownAfter &&
      !(status.lease && status.lease->role != Lease::Role::holder)) {
    add(status, "lag", Severity::warning, "How far behind delivery is cannot be told",
        "The datastore has not said since the start whether it holds more. It is known once a read of it succeeds.");
  }
  if (runs_out(status)) {
    add(status, "headroom", Severity::warning,
        fmt::format("The datastore drops changes that were not delivered in about {}",
                    seconds(*status.position.headroom)),
        "If the position is lost, the stored events since then are read and sent again; only those that expired "
        "meanwhile are lost. Get delivery going, or make the datastore keep more (on MongoDB: replSetResizeOplog).");
  }
  if (status.dead_letters.value_or(0) > 0) {
    add(status, "dead-letters", Severity::warning,
        fmt::format("{} {} set aside as dead letters", events(*status.dead_letters),
                    *status.dead_letters == 1 ? "is" : "are"),
        "The sink refused them or they cannot be decoded; they are kept. `event-exporter dlq list` shows them with the "
        "reasons; when the cause is mended, `event-exporter dlq replay` sends them again.");
  }
}

bool stands_in_the_way(const std::vector<Obstacle>& obstacles) {
  return std::any_of(obstacles.begin(), obstacles.end(), [](const Obstacle& obstacle) {
    return obstacle.kind == Obstacle::Kind::sink || obstacle.kind == Obstacle::Kind::token ||
           obstacle.kind == Obstacle::Kind::reading || obstacle.kind == Obstacle::Kind::lease;
  });
}

bool has(const std::vector<Obstacle>& obstacles, Obstacle::Kind kind) {
  return std::any_of(obstacles.begin(), obstacles.end(),
                     [&](const Obstacle& obstacle) { return obstacle.kind == kind; });
}

State state_of(const Status& status, const std::vector<Obstacle>& obstacles, bool stopping) {
  if (stopping) {
    return State::stopping;
  }
  if (status.lease && status.lease->role == Lease::Role::standby && obstacles.empty()) {
    return State::standby;
  }
  const bool nobody_leads = status.lease && status.lease->role == Lease::Role::none;
  if (has(obstacles, Obstacle::Kind::start) || nobody_leads) {
    return State::starting;
  }
  if (status.unhealthy || stands_in_the_way(obstacles)) {
    return State::blocked;
  }
  if (status.backfill.state == Backfill::State::running) {
    return State::backfilling;
  }
  return status.queue.events > 0 || status.rates.delivered.value_or(0) > 0 ? State::delivering : State::idle;
}

std::string behind(const Status& status) {
  return status.lag.exported ? seconds(*status.lag.exported) + " behind" : "how far behind is not known";
}

std::string summary_of(const Status& status) {
  switch (status.state) {
    case State::starting:
      return "Starting: the stored position is not known yet";
    case State::standby:
      return status.lease->holder.empty()
                 ? "Standing by: another exporter holds the lease"
                 : fmt::format("Standing by: {} holds the lease and delivers", status.lease->holder);
    case State::backfilling:
      return status.backfill.total
                 ? fmt::format("Sending the history: {} of {}", with_thousands(status.backfill.settled),
                               events(*status.backfill.total))
                 : fmt::format("Sending the history: {} so far", events(status.backfill.settled));
    case State::delivering:
      return fmt::format("Delivering {:.0f} events/s; {}", status.rates.delivered.value_or(0), behind(status));
    case State::idle:
      return "All events that were read are delivered; waiting for more";
    case State::blocked:
      return fmt::format("Delivery is blocked; {} wait{} here, {}", events(status.queue.events),
                         status.queue.events == 1 ? "s" : "", behind(status));
    case State::stopping:
      return "Stopping: requests in flight are being finished";
  }
  return {};
}

}  // namespace

void judge(Status& status, const std::vector<Obstacle>& obstacles, bool stopping) {
  status.problems.clear();
  // The loop's view is a little older than what its parts report.
  status.sink.paused = status.sink.paused || has(obstacles, Obstacle::Kind::sink);
  if (status.unhealthy) {
    add(status, "loop", Severity::error, sentence(*status.unhealthy),
        "The kubelet restarts it when /healthz keeps failing; nothing is lost. If it happens again, please report it "
        "with "
        "the log.");
  }
  for (const Obstacle& obstacle : obstacles) {
    const Advice given = advice(obstacle.kind);
    add(status, given.id, Severity::error, sentence(obstacle.reason), given.remedy);
  }
  if (status.position.unsaved > kSavedLate && !has(obstacles, Obstacle::Kind::saving)) {
    add(status, "saving", Severity::warning,
        fmt::format("Progress has not been saved for {}", seconds(status.position.unsaved)),
        advice(Obstacle::Kind::saving).remedy);
  }
  add_warnings(status, has(obstacles, Obstacle::Kind::lag) || has(obstacles, Obstacle::Kind::start));
  // Errors first, equals in their order: insertion, since clang takes libstdc++ 12's std::stable_sort for deprecated.
  for (auto each = status.problems.begin(); each != status.problems.end(); ++each) {
    const auto place =
        std::upper_bound(status.problems.begin(), each, *each,
                         [](const Problem& one, const Problem& other) { return one.severity < other.severity; });
    std::rotate(place, each, each + 1);
  }
  status.state = state_of(status, obstacles, stopping);
  status.summary = summary_of(status);
}

}  // namespace exporter::status
