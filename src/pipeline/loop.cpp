#include "pipeline/loop.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "dispatch/error_table.h"
#include "observability/log.h"
#include "pipeline/notice_log.h"

namespace exporter::pipeline {

namespace {

constexpr Duration kShowEvery = std::chrono::milliseconds(250);
constexpr Duration kDetailEvery = std::chrono::seconds(2);  // what takes time in proportion to the lanes
constexpr std::size_t kBusiestLanes = 10;
// What is set aside by this program is counted soon; what another one replays or removes, after a while.
constexpr Duration kCountAfterLetter = std::chrono::seconds(1);
constexpr Duration kCountEvery = std::chrono::minutes(1);
constexpr Duration kMeasureEvery = std::chrono::seconds(15);
constexpr Duration kMeasureForbidden = std::chrono::minutes(10);  // each refusal is a line in the server's log
constexpr Duration kTurnEvery = std::chrono::seconds(1);
constexpr Duration kProgressEvery = std::chrono::seconds(10);
// After the drain deadline: for the answers to what was cut off and for the last save.
constexpr Duration kLastSave = std::chrono::seconds(5);

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Pipeline::Loop::Loop(const PipelineOptions& options, Parts parts, ports::Checkpoint saved,
                     BoundedQueue<event::PreparedBatch>& queue, std::atomic<std::int64_t>& heartbeat,
                     Readiness& readiness)
    : options_(options),
      parts_(parts),
      queue_(queue),
      heartbeat_(heartbeat),
      readiness_(readiness),
      heart_(options.heart, std::move(saved)),
      stages_{.read = parts.metrics.stages.with("read"),
              .queue = parts.metrics.stages.with("queue"),
              .deliver = parts.metrics.stages.with("deliver")},
      watermark_(heart_.checkpoint().watermark),
      started_(parts.clock.now()),
      progress_logged_(started_) {
  history_ = heart_.checkpoint().backfill.state == ports::Backfill::State::running;
  parts_.board->clear();
  view_ = parts_.board->view();  // what an earlier tenure counted
  view_.max_bytes = options.heart.max_bytes;
  view_.workers = options.heart.workers;
  publish(heart_.status(), started_);
}

void Pipeline::Loop::begin(StoreWorker& store) {
  store_ = &store;
  parts_.sink.on_answer([this](const event::Answer& answer) { on_answer(answer); });
  parts_.credentials.on_change([this] { parts_.reactor.post([this] { on_credentials(); }); });
  parts_.metrics.backfill_in_progress.set(history_ ? 1 : 0);
  show_headroom(parts_.retention == nullptr ? std::optional(Duration::max()) : std::nullopt);
  parts_.reactor.post([this] { on_credentials(); });
}

void Pipeline::Loop::notify() {
  if (!notified_.exchange(true)) {
    parts_.reactor.post([this] {
      notified_ = false;
      turn();
    });
  }
}

void Pipeline::Loop::fail_with(Error error) {
  parts_.reactor.post([this, error = std::move(error)] {
    failure_ = error;
    stop(false);
  });
}

void Pipeline::Loop::stop(bool skip_drain) {
  const MonoTime now = parts_.clock.now();
  EXPORTER_FAILPOINT("loop.stopping");
  if (!drain_deadline_) {
    drain_deadline_ = after(now, options_.drain_timeout);
    heart_.stop(now);
  }
  if (skip_drain) {
    drain_deadline_ = std::min(*drain_deadline_, now);
  }
  turn();
}

bool Pipeline::Loop::heed_lease(MonoTime now) {
  if (parts_.tenure == nullptr) {
    return true;
  }
  if (failure_ && failure_->kind == ErrorKind::not_leader) {
    return false;
  }
  if (parts_.tenure->over()) {
    end_without_saving({ErrorKind::not_leader, "another exporter holds the lease"});
    return false;
  }
  if (const bool lapsed = now >= parts_.tenure->until(); lapsed != lapsed_) {
    lapsed_ = lapsed;
    parts_.metrics.lease_held.set(lapsed ? 0 : 1);
    if (lapsed) {
      log::warn("The lease could not be renewed in time; nothing is sent until it is",
                {{"action", "look at the datastore: does it answer, is there room to write"}}, log::Repeats::written);
    } else {
      log::info("The lease is renewed; sending goes on", {});
    }
    allow_sends(now);
    carry_out();
  }
  return true;
}

// Without a token the heart sends nothing: so it is without a lease that can be used.
void Pipeline::Loop::allow_sends(MonoTime now) {
  heart_.credentials(token_ && !lapsed_ ? std::optional(token_->generation) : std::nullopt, now);
}

// Requests in flight are cut off; whoever has the lease now sends their events again.
void Pipeline::Loop::end_without_saving(Error error) {
  failure_ = std::move(error);
  parts_.sink.close();
  parts_.reactor.stop();
}

void Pipeline::Loop::on_answer(const event::Answer& answer) {
  const MonoTime now = parts_.clock.now();
  if (!heed_lease(now)) {
    return;
  }
  EXPORTER_FAILPOINT("loop.answered");
  count_attempt(answer, now);
  tokens_in_flight_[answer.ticket.slot].reset();
  if (traced()) {
    parts_.tracer->answered(heart_.trace_of(answer.ticket), answer);
  }
  heart_.answered(answer, now, parts_.clock.wall_now());
  turn();
}

void Pipeline::Loop::on_credentials() {
  if (!heed_lease(parts_.clock.now())) {
    return;
  }
  token_ = parts_.credentials.current();
  allow_sends(parts_.clock.now());
  if (token_) {
    readiness_.well(Readiness::Cause::token);
  } else {
    readiness_.fail(Readiness::Cause::token, "there is no usable token for the sink");
  }
  turn();
}

void Pipeline::Loop::on_saved(const Result<void>& result) {
  if (!heed_lease(parts_.clock.now())) {
    return;
  }
  if (!result && result.error().kind == ErrorKind::not_leader) {
    return end_without_saving(result.error());
  }
  const MonoTime began = std::exchange(save_began_, std::nullopt).value_or(parts_.clock.now());
  parts_.metrics.checkpoint_duration.observe(seconds(parts_.clock.now() - began));
  if (result) {
    unsaved_since_ = began;  // what came since then, if anything
    readiness_.well(Readiness::Cause::saving);
    parts_.metrics.checkpoint_saves.add();
    parts_.metrics.resume_token_update.set(seconds(parts_.clock.wall_now().time_since_epoch()));
    view_.saved_at = parts_.clock.now();
  } else {
    readiness_.fail(Readiness::Cause::saving, "progress cannot be saved: " + result.error().message);
    parts_.metrics.checkpoint_errors.add();
    log::warn("Saving the checkpoint failed, trying again; after a restart some events would be sent twice",
              {{"error", result.error()}, {"action", "look at the datastore: disk space, primary, rights to write"}});
  }
  heart_.saved(result.has_value(), parts_.clock.now());
  turn();
}

void Pipeline::Loop::on_dead_lettered(event::Ticket ticket, const Result<void>& result) {
  if (!heed_lease(parts_.clock.now())) {
    return;
  }
  if (!result) {
    log::debug("Storing a dead letter failed", {{"error", result.error()}});
  }
  letters_changed_ = true;
  heart_.dead_lettered(ticket, result.has_value(), parts_.clock.now());
  turn();
}

void Pipeline::Loop::on_counted(const Result<std::uint64_t>& letters) {
  counting_ = false;
  view_.letters = letters ? std::optional(*letters) : std::nullopt;
  parts_.metrics.dead_letters_stored.set(letters ? std::optional(static_cast<double>(*letters)) : std::nullopt);
}

void Pipeline::Loop::on_measured(const Result<std::optional<Duration>>& headroom) {
  const bool forbidden = !headroom && headroom.error().kind == ErrorKind::unauthorized;
  if (forbidden && !headroom_forbidden_) {
    log::info(
        "How long the datastore keeps what is not delivered yet cannot be told",
        {{"reason", headroom.error()}, {"action", "grant the right to watch the headroom; delivery needs it not"}});
  }
  headroom_forbidden_ = forbidden;
  measure_at_ = parts_.clock.now() + (forbidden ? kMeasureForbidden : kMeasureEvery);
  show_headroom(headroom.value_or(std::nullopt));
}

void Pipeline::Loop::show_headroom(std::optional<Duration> headroom) {
  view_.headroom = headroom;
  parts_.metrics.headroom.set(headroom == Duration::max() ? std::numeric_limits<double>::infinity()
                              : headroom                  ? std::optional(seconds(*headroom))
                                                          : std::nullopt);
}

void Pipeline::Loop::on_timer() {
  armed_ = kNever;
  if (!heed_lease(parts_.clock.now())) {
    return;
  }
  heart_.tick(parts_.clock.now());
  turn();
}

void Pipeline::Loop::turn() {
  if (!heed_lease(parts_.clock.now())) {
    return;
  }
  carry_out();
  while (heart_.wants_more()) {
    auto batch = queue_.try_pop();
    if (!batch) {
      break;
    }
    const MonoTime arrived = parts_.clock.now();
    const WallTime wall = parts_.clock.wall_now();
    passed_.batch(*batch, arrived, wall);
    heart_.arrived(std::move(*batch), arrived, wall);
    carry_out();
  }
  const MonoTime now = parts_.clock.now();
  heartbeat_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  show_lag(now);
  if (now - shown_ >= kShowEvery) {
    show(now);
  }
  finish_if_drained(now);
  arm(now);
}

void Pipeline::Loop::carry_out() {
  Actions& actions = heart_.actions();
  for (const event::Ticket ticket : actions.sends) {
    if (tokens_in_flight_.size() <= ticket.slot) {
      tokens_in_flight_.resize(ticket.slot + 1);
    }
    tokens_in_flight_[ticket.slot] = token_;
    EXPORTER_FAILPOINT("loop.before_send");
    parts_.sink.send({.ticket = ticket,
                      .body = heart_.body_of(ticket),
                      .bearer_token = token_->value,
                      .traceparent = traced() ? parts_.tracer->sent(heart_.trace_of(ticket)) : std::string_view()});
  }
  for (Actions::DeadLetter& item : actions.dead_letters) {
    store_->put(item.ticket, std::move(item.letter));
  }
  if (actions.save) {
    save_began_ = parts_.clock.now();
    store_->save(std::move(*actions.save));
  }
  if (actions.reject_credentials) {
    log::warn("The sink did not accept the token, fetching a new one",
              {{"action", "if it goes on, look at which scope and audience the sink wants"}});
    parts_.credentials.reject(*actions.reject_credentials);
  }
  for (const Actions::Accepted& accepted : actions.accepted) {
    count_accepted(accepted);
  }
  for (auto& trace : actions.traces) {
    parts_.tracer->settled(std::move(trace));
  }
  for (const Notice& notice : actions.notices) {
    if (notice.kind == Notice::Kind::exhausted) {
      parts_.metrics.publish_errors.with("max_retries_exceeded").add();
      parts_.metrics.events_published.with("failure").add();
    } else if (notice.kind == Notice::Kind::set_aside) {
      count_set_aside(notice.detail);
    } else if (notice.kind == Notice::Kind::backfill_complete) {
      on_history_settled();
      continue;
    } else if (notice.kind == Notice::Kind::sink_paused) {
      on_sink_paused(notice);
    } else if (notice.kind == Notice::Kind::sink_recovered) {
      readiness_.well(Readiness::Cause::sink);
    }
    log_notice(notice, options_.heart.max_retries);
  }
  if (actions.give_up) {
    fail_with({ErrorKind::rejected, "an event's retries are used up, and failure_handling.on_exhausted is \"exit\""});
  }
  actions.clear();
}

void Pipeline::Loop::count_accepted(const Actions::Accepted& accepted) {
  if (success_ == nullptr) {
    success_ = &parts_.metrics.events_published.with("success");
  }
  success_->add();
  ++view_.counts.delivered;
  view_.counts.delivery_times.record(accepted.taken);
  parts_.metrics.publish_duration.observe(seconds(accepted.taken));
  if (accepted.read) {
    stages_.read.observe(seconds(*accepted.read));
    stages_.queue.observe(seconds(accepted.waited));
    stages_.deliver.observe(seconds(accepted.taken));
  }
  if (accepted.history) {
    parts_.metrics.backfill_events.add();
  }
}

void Pipeline::Loop::on_sink_paused(const Notice& notice) {
  std::string reason = "the sink takes no events: " + notice.detail;
  if (notice.status != 0) {
    reason += " (status " + std::to_string(notice.status) + ")";
  }
  readiness_.fail(Readiness::Cause::sink, std::move(reason));
}

// From the notice, which comes once, and not from the letter, which may have to be stored more than once.
void Pipeline::Loop::count_set_aside(std::string_view reason) {
  parts_.metrics.dead_letters.with(reason).add();
  ++view_.set_aside;
  if (reason == "undecodable") {
    parts_.metrics.transform_errors.add();
  } else if (reason == "refused") {
    parts_.metrics.publish_errors.with("refused").add();
    parts_.metrics.events_published.with("failure").add();
  }
}

void Pipeline::Loop::on_history_settled() {
  EXPORTER_FAILPOINT("loop.history_settled");
  const std::uint64_t events = heart_.status().history_settled;
  if (!history_) {  // the history was read again because the position was lost: no backfill, and not since the start
    log::info("The events read again after the lost position are settled", {{"events", events}});
    return;
  }
  const Duration took = parts_.clock.now() - started_;
  history_ = false;
  parts_.metrics.backfill_in_progress.set(0);
  parts_.metrics.backfill_duration.observe(seconds(took));
  log::info("Backfill complete", {{"events", events}, {"duration", took}});
}

void Pipeline::Loop::arm(MonoTime now) {
  MonoTime wanted = std::min(heart_.wake_at(), after(now, kTurnEvery));
  if (parts_.tenure != nullptr && !lapsed_) {
    wanted = std::min(wanted, parts_.tenure->until());
  }
  if (drain_deadline_ && !closed_) {
    wanted = std::min(wanted, *drain_deadline_);
  }
  if (wanted >= armed_) {
    return;  // it fires early enough
  }
  armed_ = wanted;
  parts_.reactor.wake_at(wanted, [this] { on_timer(); });
}

void Pipeline::Loop::finish_if_drained(MonoTime now) {
  if (!drain_deadline_) {
    return;
  }
  if (now >= *drain_deadline_ && !closed_) {
    closed_ = true;
    const std::size_t cut_off = heart_.status().in_flight;
    if (cut_off > 0) {
      log::warn("The drain timeout is over; requests in flight are cut off and sent again after a restart",
                {{"inFlight", static_cast<std::uint64_t>(cut_off)},
                 {"action", "a longer shutdown.drain_timeout lets slow requests end"}});
    }
    parts_.sink.close();
  }
  if (heart_.drained() || now >= after(*drain_deadline_, kLastSave)) {
    parts_.reactor.stop();
  }
}

void Pipeline::Loop::show(MonoTime now) {
  shown_ = now;
  const HeartStatus status = heart_.status();
  show_checkpoint(status, now);
  count_letters(now);
  parts_.metrics.read_queue_bytes.set(static_cast<double>(queue_.weight()));
  parts_.metrics.queue_bytes.set(static_cast<double>(status.bytes));
  parts_.metrics.queue_events.set(static_cast<double>(status.events));
  parts_.metrics.in_flight.set(static_cast<double>(status.in_flight));
  parts_.metrics.concurrency_limit.set(static_cast<double>(status.limit));
  parts_.metrics.retries_waiting.set(static_cast<double>(status.waiting_for_retry));
  parts_.metrics.sink_paused.set(status.sink_paused ? 1 : 0);
  parts_.metrics.lane_relaxations.add(static_cast<double>(status.relaxations - relaxations_shown_));
  relaxations_shown_ = status.relaxations;
  publish(status, now);
  measure_headroom(now);
  if (history_ && now - progress_logged_ >= kProgressEvery) {
    progress_logged_ = now;
    log::info("Backfill progress", {{"events", status.history_settled},
                                    {"total", heart_.checkpoint().backfill.total},
                                    {"elapsed", now - started_}});
  }
}

void Pipeline::Loop::show_lag(MonoTime now) {
  const HeartStatus status = heart_.status();
  parts_.metrics.oldest_unsettled_age.since(status.oldest_read_at);
  const auto delivered = delivered_up_to(status, passed_, watermark_, now, parts_.clock.wall_now());
  parts_.metrics.export_lag.since(delivered);
  parts_.board->delivered_up_to(delivered);
}

void Pipeline::Loop::publish(const HeartStatus& status, MonoTime now) {
  view_.heart = status;
  view_.read_queue_bytes = queue_.weight();
  view_.unsaved_since = unsaved_since_;
  view_.stopping = drain_deadline_.has_value();
  if (now - detailed_ >= kDetailEvery || view_.checkpoint.position.empty()) {
    detailed_ = now;
    view_.active_lanes = heart_.active_lanes();
    view_.busiest = heart_.busiest_lanes(kBusiestLanes);
    view_.checkpoint = heart_.checkpoint();
    view_.checkpoint.ahead.reset();
  }
  parts_.board->publish(view_);
}

void Pipeline::Loop::show_checkpoint(const HeartStatus& status, MonoTime now) {
  unsaved_since_ = status.unsaved ? unsaved_since_.value_or(now) : std::optional<MonoTime>();
  parts_.metrics.checkpoint_age.since(unsaved_since_);
  parts_.metrics.settled_ahead.set(static_cast<double>(status.settled_ahead));
}

void Pipeline::Loop::count_letters(MonoTime now) {
  const Duration pause = letters_changed_ ? kCountAfterLetter : kCountEvery;
  if (counting_ || (counted_at_ && now - *counted_at_ < pause)) {
    return;
  }
  counting_ = true;
  letters_changed_ = false;
  counted_at_ = now;
  store_->count();
}

void Pipeline::Loop::measure_headroom(MonoTime now) {
  if (parts_.retention != nullptr && now >= measure_at_) {
    measure_at_ = kNever;
    store_->measure(heart_.saved().position);
  }
}

void Pipeline::Loop::count_attempt(const event::Answer& answer, MonoTime now) {
  parts_.metrics.attempt_duration.observe(seconds(answer.latency));
  const dispatch::Ruling ruling = dispatch::rule(answer);
  if (ruling.verdict == dispatch::Verdict::accepted) {
    view_.last_accepted = now;
  } else {
    ++view_.counts.failed_attempts;
    view_.last_failure = {.what = ruling.reason, .status = answer.status, .at = now};
  }
  if (answer.failure != event::TransportFailure::none) {
    parts_.metrics.attempts.with(event::to_string(answer.failure)).add();
    return;
  }
  auto& counter = status_counters_[static_cast<std::size_t>(std::clamp(answer.status, 0, 599))];
  if (counter == nullptr) {
    counter = &parts_.metrics.attempts.with(std::to_string(answer.status));
  }
  counter->add();
}

}  // namespace exporter::pipeline
