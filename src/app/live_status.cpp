#include "app/live_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "app/service.h"
#include "config/url.h"

namespace exporter::app {

namespace {

using status::Obstacle;

constexpr std::size_t kLongestToken = 64;

std::vector<Obstacle> obstacles_of(const LiveStatus::Service& service) {
  std::vector<Obstacle> obstacles;
  if (service.lease_trouble) {
    obstacles.push_back({.kind = Obstacle::Kind::lease, .reason = *service.lease_trouble});
  }
  for (const auto& [cause, reason] : service.causes) {
    obstacles.push_back({.kind = cause, .reason = reason});
  }
  return obstacles;
}

std::optional<std::string> readable(const std::string& token) {
  if (token.empty()) {
    return std::nullopt;
  }
  std::string text;
  const bool printable = std::all_of(token.begin(), token.end(), [](unsigned char c) { return std::isprint(c) != 0; });
  if (printable) {
    text = token;
  } else {
    for (const char byte : token) {
      fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
    }
  }
  if (text.size() > kLongestToken) {
    text = text.substr(0, kLongestToken / 2) + "..." + text.substr(text.size() - kLongestToken / 2);
  }
  return text;
}

status::Backfill backfill_of(const pipeline::LoopView& view) {
  status::Backfill shown{.state = status::Backfill::State::none,
                         .settled = view.heart.history_settled,
                         .total = view.checkpoint.backfill.total};
  switch (view.checkpoint.backfill.state) {
    case ports::Backfill::State::none:
      shown.total.reset();
      break;
    case ports::Backfill::State::running:
      shown.state = status::Backfill::State::running;
      break;
    case ports::Backfill::State::done:
      shown.state = status::Backfill::State::done;
      break;
  }
  return shown;
}

status::Queue queue_of(const pipeline::LoopView& view) {
  return {.events = view.heart.events,
          .bytes = view.heart.bytes,
          .bytes_limit = view.max_bytes,
          .in_flight = view.heart.in_flight,
          .concurrency_limit = view.heart.limit,
          .workers = view.workers,
          .waiting_for_retry = view.heart.waiting_for_retry,
          .read_queue_bytes = view.read_queue_bytes};
}

status::Lanes lanes_of(const pipeline::LoopView& view) {
  status::Lanes shown{.active = view.active_lanes, .busiest = {}};
  for (const dispatch::LaneStatus& lane : view.busiest) {
    shown.busiest.push_back({.node = lane.key.empty() ? "(all nodes)" : lane.key,
                             .waiting = lane.waiting,
                             .out = lane.out,
                             .parallel = lane.relaxed,
                             .stuck = lane.stuck});
  }
  return shown;
}

}  // namespace

std::vector<std::string> LiveStatus::Service::not_ready() const {
  if (unhealthy) {
    return {*unhealthy};
  }
  std::vector<std::string> reasons;
  for (const Obstacle& obstacle : obstacles_of(*this)) {
    reasons.push_back(obstacle.reason);
  }
  return reasons;
}

LiveStatus::LiveStatus(const config::Config& config, std::vector<config::Setting> settings,
                       const pipeline::Board& board, const Clock& clock)
    : config_(config), board_(board), clock_(clock), started_(clock.now()), settings_(std::move(settings)) {}

void LiveStatus::sample() {
  status::Counts counts = board_.view().counts;
  counts.received = board_.received();
  const MonoTime now = clock_.now();
  MutexLock lock(mutex_);
  recent_.add(counts, since(board_.delivered_up_to(), now), now);
}

void LiveStatus::datastore(std::string provider, std::string place) {
  MutexLock lock(mutex_);
  provider_ = std::move(provider);
  place_ = std::move(place);
}

void LiveStatus::token_fetched(MonoTime ends_at) {
  MutexLock lock(mutex_);
  token_.fetched_at = clock_.now();
  token_.ends_at = ends_at;
  ++token_.refreshes;
}

void LiveStatus::token_failed() {
  MutexLock lock(mutex_);
  ++token_.failures;
}

void LiveStatus::token_gone() {
  MutexLock lock(mutex_);
  token_.fetched_at.reset();
}

std::optional<Duration> LiveStatus::since(std::optional<MonoTime> moment, MonoTime now) const {
  return moment ? std::optional(std::max(now - *moment, Duration::zero())) : std::nullopt;
}

void LiveStatus::show_board(status::Status& shown, MonoTime now) const {
  const pipeline::LoopView view = board_.view();
  shown.lag = {
      .exported = since(board_.delivered_up_to(), now),
      .read = since(board_.read_up_to(), now),
      .oldest_unsettled = view.checkpoint.position.empty()
                              ? std::nullopt
                              : std::optional(since(view.heart.oldest_read_at, now).value_or(Duration::zero())),
      .limit = config_.readiness.max_export_lag > Duration::zero() ? std::optional(config_.readiness.max_export_lag)
                                                                   : std::nullopt};
  shown.totals = {.received = board_.received(),
                  .delivered = view.counts.delivered,
                  .held_back = board_.held_back(),
                  .failed_attempts = view.counts.failed_attempts,
                  .set_aside = view.set_aside};
  shown.queue = queue_of(view);
  shown.lanes = lanes_of(view);
  shown.sink.paused = view.heart.sink_paused;
  shown.sink.last_accepted_ago = since(view.last_accepted, now);
  if (view.last_failure) {
    shown.sink.last_failure = {.what = std::string(view.last_failure->what),
                               .status = view.last_failure->status,
                               .ago = std::max(now - view.last_failure->at, Duration::zero())};
  }
  shown.position.token = readable(view.checkpoint.position.token);
  shown.position.watermark = view.checkpoint.watermark;
  shown.position.saved_ago = since(view.saved_at, now);
  shown.position.unsaved = since(view.unsaved_since, now).value_or(Duration::zero());
  shown.position.headroom = view.headroom;
  shown.position.settled_ahead = view.heart.settled_ahead;
  shown.dead_letters = view.letters;
  shown.backfill = backfill_of(view);
}

void LiveStatus::show_token(status::Status& shown, MonoTime now) const {
  shown.token = {.usable = token_.fetched_at && now < token_.ends_at,
                 .age = since(token_.fetched_at, now),
                 .expires_in = {},
                 .refreshes = token_.refreshes,
                 .failures = token_.failures};
  if (shown.token.usable && token_.ends_at != kNever) {
    shown.token.expires_in = token_.ends_at - now;
  }
}

status::Status LiveStatus::status(const Service& service) const {
  const MonoTime now = clock_.now();
  status::Status shown;
  shown.version = build_version().version;
  shown.commit = build_version().commit;
  shown.now = clock_.wall_now();
  shown.uptime = now - started_;
  show_board(shown, now);
  {
    MutexLock lock(mutex_);
    shown.rates = recent_.rates();
    shown.latency = recent_.latency();
    shown.step = status::Recent::kStep;
    shown.samples = recent_.samples();
    shown.position.provider = provider_;
    shown.position.place = place_;
    show_token(shown, now);
  }
  shown.sink.endpoint = config::redact_url(config_.sink.endpoint);
  for (const config::Setting& setting : settings_) {
    shown.settings.push_back({.key = setting.key, .value = setting.value, .origin = setting.origin});
  }
  if (service.lease) {
    using Role = status::Lease::Role;
    shown.lease = {.role = service.lease->held ? Role::holder
                           : service.standby   ? Role::standby
                                               : Role::none,
                   .self = service.lease->self,
                   .holder = service.lease->holder,
                   .term = config_.lease.term};
  }
  const std::vector<Obstacle> obstacles = obstacles_of(service);
  shown.unhealthy = service.unhealthy;
  if (const auto reasons = service.not_ready(); !reasons.empty()) {
    shown.not_ready = fmt::format("{}", fmt::join(reasons, "; "));
  }
  judge(shown, obstacles, service.stopping);
  return shown;
}

}  // namespace exporter::app
