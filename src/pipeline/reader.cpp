#include "pipeline/reader.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>

namespace exporter::pipeline {

using event::Mark;

Reader::Reader(ports::Source& source, ports::History& history, ports::Documents& documents, Preparer& preparer,
               Clock& clock, ReaderOptions options)
    : source_(source),
      history_(history),
      documents_(documents),
      preparer_(preparer),
      clock_(clock),
      options_(options) {}

Result<ports::Checkpoint> Reader::first_checkpoint(FirstStart& found) {
  horizon_ = clock_.wall_now();
  // The position first: whatever is inserted from now on comes by the stream.
  auto head = source_.head();
  if (!head) {
    return fail(head.error());
  }
  ports::Checkpoint checkpoint;
  checkpoint.position = *head;
  if (!options_.backfill.enabled) {
    return checkpoint;
  }
  auto plan = history_.plan({.not_before = clock_.wall_now() - options_.backfill.max_age,
                             .max_events = options_.backfill.max_events,
                             .until = *head});
  if (!plan) {
    return fail(plan.error());
  }
  found = {.planned = plan->events, .cut = plan->cut};
  checkpoint.backfill = {
      .state = ports::Backfill::State::running, .cursor = std::move(plan->cursor), .sent = 0, .total = plan->events};
  return checkpoint;
}

void Reader::start(const ports::Checkpoint& saved) {
  position_ = saved.position;
  watermark_ = saved.watermark.value_or(WallTime{});
  if (saved.backfill.state == ports::Backfill::State::running) {
    backfill_.emplace(options_.backfill, saved.backfill.cursor, clock_.now());
    resume_ = std::make_shared<const event::Position>(saved.position);
  } else {
    ahead_ = saved.ahead;
  }
}

Result<event::PreparedBatch> Reader::step(MonoTime deadline, std::stop_token stop) {
  if (ahead_) {
    return step_pending();
  }
  return backfill_ ? step_history(deadline, std::move(stop)) : step_stream(deadline, std::move(stop));
}

Result<event::PreparedBatch> Reader::step_pending() {
  const auto rest = std::span<const std::string>(ahead_->pending).subspan(pending_.events.size());
  auto read = documents_.read(rest, options_.batch_bytes, raw_, gone_);
  if (!read) {
    return fail(read.error());
  }
  if (!gone_.empty()) {
    // The stream may still have it: on from the position, at the price of repeats.
    ahead_.reset();
    pending_ = {};
    return event::PreparedBatch{};
  }
  raw_.end = {};
  for (event::PreparedEvent& event : prepare().events) {
    event.after = Mark{.phase = Mark::Phase::stream, .position = position_, .changed_at = {}, .resume = nullptr};
    pending_.events.push_back(std::move(event));
  }
  if (pending_.events.size() < ahead_->pending.size()) {
    return event::PreparedBatch{};
  }
  position_ = ahead_->position;
  repeats_avoided_ += ahead_->settled;
  ahead_.reset();
  event::PreparedBatch batch = std::exchange(pending_, {});
  batch.read_at = clock_.now();
  batch.end = Mark{.phase = Mark::Phase::stream, .position = position_, .changed_at = {}, .resume = nullptr};
  return batch;
}

Result<event::PreparedBatch> Reader::step_history(MonoTime deadline, std::stop_token stop) {
  const std::size_t limit = backfill_->page(clock_.now());
  if (limit == 0) {
    clock_.sleep_until(std::min(deadline, backfill_->next(clock_.now())), std::move(stop));
    return event::PreparedBatch{};
  }
  if (auto read = history_.page(backfill_->cursor(), limit, raw_); !read) {
    return fail(read.error());
  }
  event::PreparedBatch batch = prepare();
  for (event::PreparedEvent& event : batch.events) {
    event.after.resume = resume_;
  }
  batch.history_planned = std::exchange(history_planned_, std::nullopt);
  if (!batch.events.empty()) {
    // What is not sent costs the sink nothing, so the rate does not count it.
    backfill_->arrived(batch.events.size() - batch.filtered(), batch.events.back().after.position.token);
    return batch;
  }
  // The end of the history is the beginning of the stream.
  batch.end = Mark{.phase = Mark::Phase::stream, .position = *resume_, .changed_at = {}, .resume = nullptr};
  position_ = *resume_;
  open_ = false;
  backfill_.reset();
  resume_.reset();
  return batch;
}

Result<event::PreparedBatch> Reader::step_stream(MonoTime deadline, std::stop_token stop) {
  Result<void> read;
  if (!open_) {
    read = source_.open(position_);
    open_ = read.has_value();
  }
  if (read) {
    read = source_.next(raw_, options_.batch_bytes, deadline, std::move(stop));
  }
  if (!read) {
    open_ = false;
    return read.error().kind == ErrorKind::position_lost ? heal() : fail(read.error());
  }
  event::PreparedBatch batch = prepare();
  if (!batch.end.position.empty()) {
    position_ = batch.end.position;
  } else if (!batch.events.empty()) {
    position_ = batch.events.back().after.position;
  }
  return batch;
}

Result<event::PreparedBatch> Reader::heal() {
  horizon_ = clock_.wall_now();
  auto head = source_.head();
  if (!head) {
    return fail(head.error());
  }
  // Without a watermark everything stored is sent again: repeats have the same ids, a loss has nothing.
  const WallTime from = watermark_ == WallTime{} ? WallTime::min() : watermark_ - options_.healing_margin;
  auto plan =
      history_.plan({.not_before = from, .max_events = std::numeric_limits<std::int64_t>::max(), .until = *head});
  if (!plan) {
    return fail(plan.error());
  }
  // As fast as the sink takes it: these events are late already.
  backfill::Options options = options_.backfill;
  options.rate_limit = 0;
  backfill_.emplace(options, std::move(plan->cursor), clock_.now());
  resume_ = std::make_shared<const event::Position>(*head);
  history_planned_ = plan->events;
  ++healed_;
  return event::PreparedBatch{};
}

event::PreparedBatch Reader::prepare() {
  event::PreparedBatch batch;
  batch.read_at = clock_.now();
  batch.end = raw_.end;
  batch.caught_up_at = raw_.caught_up_at;
  batch.events.reserve(raw_.size());
  const WallTime now = clock_.wall_now();
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    batch.events.push_back(preparer_.prepare(raw_[i], now));
    const Mark& after = batch.events.back().after;
    watermark_ = std::max(
        watermark_, after.phase == Mark::Phase::history ? std::min(after.changed_at, horizon_) : after.changed_at);
  }
  return batch;
}

}  // namespace exporter::pipeline
