#include "pipeline/heart.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace exporter::pipeline {

using dispatch::Verdict;
using event::Mark;

namespace {

constexpr Duration kLetterRetry = std::chrono::seconds(1);
// After an outage all that waits is sent again within this time, not at one moment.
constexpr Duration kRecovery = std::chrono::seconds(1);

// Where the ledger starts, from what is saved.
Mark start_mark(const ports::Checkpoint& saved) {
  Mark mark;
  mark.changed_at = saved.watermark.value_or(WallTime{});
  if (saved.backfill.state == ports::Backfill::State::running) {
    mark.phase = Mark::Phase::history;
    mark.position.token = saved.backfill.cursor;
    mark.resume = std::make_shared<const event::Position>(saved.position);
  } else {
    mark.position = saved.position;
  }
  return mark;
}

}  // namespace

void Actions::clear() {
  sends.clear();
  dead_letters.clear();
  save.reset();
  reject_credentials.reset();
  give_up = false;
  accepted.clear();
  traces.clear();
  notices.clear();
}

Heart::Heart(HeartOptions options, ports::Checkpoint saved)
    : options_(options),
      ledger_(start_mark(saved)),
      lanes_(options_.lanes),
      gate_(options_.gate),
      checkpointer_(options_.checkpoint, saved),
      backfill_(saved.backfill),
      ahead_(saved.ahead),
      settled_before_{.from = saved.position, .events = saved.ahead ? saved.ahead->settled : 0},
      phase_(ledger_.committable().phase),
      random_(options_.seed) {}

void Heart::arrived(event::PreparedBatch&& batch, MonoTime now, WallTime wall) {
  if (batch.history_planned) {
    backfill_ = {.state = ports::Backfill::State::running, .cursor = {}, .sent = 0, .total = *batch.history_planned};
  }
  for (event::PreparedEvent& event : batch.events) {
    note_arrival(event.after);
    if (event.kind == event::PreparedEvent::Kind::filtered) {
      ledger_.pass(std::move(event.after));
      note_progress();
      continue;
    }
    const Ticket ticket = ledger_.open(event.after);
    if (records_.size() <= ticket.slot) {
      records_.resize(ticket.slot + 1);
    }
    Record& fresh = record(ticket);
    fresh = Record{};
    fresh.event = std::move(event);
    fresh.read_at = batch.read_at;
    bytes_ += fresh.event.weight();
    if (fresh.event.kind == event::PreparedEvent::Kind::undecodable) {
      set_aside(ticket, {.document_id = fresh.event.document_id,
                         .event_id = event::to_string(fresh.event.id),
                         .node = node_for_letter(fresh.event),
                         .reason = "undecodable",
                         .detail = fresh.event.reason,
                         .status = 0,
                         .attempts = 0,
                         .at = wall});
    } else {
      lanes_.add(ticket, fresh.event.node);
    }
  }
  if (!batch.end.position.empty()) {
    note_arrival(batch.end);
    ledger_.pass(std::move(batch.end));
    note_progress();
  }
  send_what_may_go(now);
  save_if_due(now);
}

void Heart::answered(const event::Answer& answer, MonoTime now, WallTime wall) {
  const Ticket ticket = answer.ticket;
  if (!ledger_.is_open(ticket) || !record(ticket).in_flight) {
    return;  // a second answer to one attempt settles nothing
  }
  Record& current = record(ticket);
  current.in_flight = false;
  --in_flight_;
  const dispatch::Ruling ruling = dispatch::rule(answer);
  switch (ruling.verdict) {
    case Verdict::accepted:
      accept(ticket, now, wall);
      break;
    case Verdict::refresh:
      gate_.ended(ticket, now);
      on_unauthorized(ticket, answer, ruling, now, wall);
      break;
    case Verdict::refused:
      on_refused(ticket, answer, ruling, now, wall);
      break;
    case Verdict::sink_problem:
    case Verdict::retry:
      on_sink_failure(ticket, answer, ruling, now, wall);
      break;
  }
  send_what_may_go(now);
  save_if_due(now);
}

void Heart::accept(Ticket ticket, MonoTime now, WallTime wall) {
  last_accepted_ = now;
  ++accepted_;
  doubt_ = false;
  if (gate_.accepted()) {
    retries_.reschedule([&] {
      return after(now, Duration(static_cast<Duration::rep>(uniform() * static_cast<double>(kRecovery.count()))));
    });
    actions_.notices.push_back({.kind = Notice::Kind::sink_recovered, .document_id = {}, .detail = {}, .text = {}});
  }
  const Record& current = record(ticket);
  const bool history = current.event.after.phase == Mark::Phase::history;
  Actions::Accepted accepted{.taken = now - current.first_attempt,
                             .waited = current.first_attempt - current.read_at,
                             .read = {},
                             .history = history};
  if (const WallTime committed = committed_at(current.event); !history && committed != WallTime{}) {
    accepted.read = std::max(wall - (now - current.read_at) - committed, Duration::zero());
  }
  actions_.accepted.push_back(accepted);
  lanes_.mark_stuck(ticket, false);
  lanes_.finish(ticket);
  settle(ticket);
}

void Heart::settle(Ticket ticket) {
  Record& done = record(ticket);
  bytes_ -= done.event.weight();
  if (done.event.after.phase == Mark::Phase::history) {
    ++backfill_.sent;
  }
  if (ahead_) {
    ahead_->settled += std::erase(ahead_->pending, done.event.document_id);
  }
  if (done.event.trace) {
    actions_.traces.push_back(std::move(done.event.trace));
  }
  done = Record{};
  unsaved_ = true;
  const bool holds_back = ledger_.oldest() == ticket;
  const bool was_open = ledger_.settle(ticket);
  EXPORTER_CHECK(was_open, "an event is settled once");
  if (holds_back) {
    note_progress();
  }
}

void Heart::note_arrival(const Mark& mark) {
  // What is pending still carries the old position; whatever comes behind it does not.
  if (ahead_ && (mark.phase != Mark::Phase::stream || mark.position != ledger_.committable().position)) {
    if (mark.position != ahead_->position) {  // read again from the position: nothing of it holds
      settled_before_.events = 0;
    }
    ahead_.reset();
  }
}

void Heart::note_progress() {
  unsaved_ = true;
  const Mark::Phase before = std::exchange(phase_, ledger_.committable().phase);
  if (before == Mark::Phase::history && phase_ == Mark::Phase::stream) {
    backfill_.state = ports::Backfill::State::done;
    actions_.notices.push_back({.kind = Notice::Kind::backfill_complete, .document_id = {}, .detail = {}, .text = {}});
  }
}

void Heart::set_aside(Ticket ticket, ports::DeadLetter letter) {
  actions_.notices.push_back({.kind = Notice::Kind::set_aside,
                              .document_id = letter.document_id,
                              .detail = letter.reason,
                              .text = letter.detail,
                              .status = letter.status,
                              .attempt = letter.attempts,
                              .delay = {},
                              .trace = letter.trace});
  actions_.dead_letters.push_back({ticket, letter});
  record(ticket).letter = std::move(letter);
}

void Heart::dead_lettered(Ticket ticket, bool ok, MonoTime now) {
  if (!ledger_.is_open(ticket) || !record(ticket).letter) {
    return;
  }
  if (ok) {
    settle(ticket);
  } else {
    actions_.notices.push_back({.kind = Notice::Kind::dead_letter_failed,
                                .document_id = record(ticket).event.document_id,
                                .detail = {},
                                .text = {},
                                .delay = kLetterRetry,
                                .trace = trace_context(record(ticket))});
    letter_retries_.add(ticket, after(now, kLetterRetry));
  }
  send_what_may_go(now);
  save_if_due(now);
}

void Heart::saved(bool ok, MonoTime now) {
  checkpointer_.finished(ok, now);
  unsaved_ = unsaved_ || !ok;
  save_if_due(now);
}

void Heart::credentials(std::optional<std::uint64_t> generation, MonoTime now) {
  generation_ = generation && *generation > rejected_generation_ ? generation : std::nullopt;
  send_what_may_go(now);
}

void Heart::tick(MonoTime now) {
  while (const auto ticket = retries_.pop_due(now)) {
    resume(*ticket);
  }
  while (const auto ticket = letter_retries_.pop_due(now)) {
    actions_.dead_letters.push_back({*ticket, *record(*ticket).letter});
  }
  send_what_may_go(now);
  save_if_due(now);
}

void Heart::stop(MonoTime now) {
  stopping_ = true;
  save_if_due(now);
}

void Heart::resume(Ticket ticket) {
  if (std::exchange(record(ticket).aside, false)) {
    --aside_;
    lanes_.come_back(ticket);
  } else {
    lanes_.resume(ticket);
  }
}

std::optional<Ticket> Heart::next_to_send(MonoTime now) {
  switch (gate_.pass(now)) {
    case dispatch::Gate::Pass::none:
      return std::nullopt;
    case dispatch::Gate::Pass::all:
      return lanes_.take();
    case dispatch::Gate::Pass::probe:
      break;
  }
  if (!lanes_.ready()) {
    // Everything waits for its own time; the probe does not.
    const auto first = retries_.pop_first();
    if (!first) {
      return std::nullopt;
    }
    resume(*first);
  }
  const auto ticket = lanes_.take_fresh();
  if (ticket) {
    gate_.probing(*ticket);
  }
  return ticket;
}

void Heart::send_what_may_go(MonoTime now) {
  if (stopping_ || !generation_) {
    return;
  }
  while (in_flight_ < options_.workers) {
    const auto ticket = next_to_send(now);
    if (!ticket) {
      return;
    }
    Record& next = record(*ticket);
    if (next.attempts == 0) {
      next.first_attempt = now;
    }
    ++next.attempts;
    next.generation = *generation_;
    next.in_flight = true;
    ++in_flight_;
    actions_.sends.push_back(*ticket);
  }
}

std::optional<ports::Ahead> Heart::place_ahead() const {
  const auto found = ledger_.ahead(options_.max_pending);
  if (!found || found->mark.phase != Mark::Phase::stream) {
    return std::nullopt;
  }
  const bool where_it_began = ledger_.committable().position == settled_before_.from;
  ports::Ahead ahead{.position = found->mark.position,
                     .pending = {},
                     .settled = found->settled + (where_it_began ? settled_before_.events : 0)};
  for (const Ticket ticket : found->unsettled) {
    const event::PreparedEvent& event = records_[ticket.slot].event;
    if (event.after.phase == Mark::Phase::history) {
      // Of a history that is read again: it may stand here twice, or needlessly. Its own end settles that.
      return std::nullopt;
    }
    ahead.pending.push_back(event.document_id);
  }
  return ahead;
}

ports::Checkpoint Heart::checkpoint() const {
  const Mark& mark = ledger_.committable();
  ports::Checkpoint current;
  current.backfill = backfill_;
  if (mark.phase == Mark::Phase::history) {
    current.position = *mark.resume;
    current.backfill.state = ports::Backfill::State::running;
    current.backfill.cursor = mark.position.token;
    current.watermark = checkpointer_.saved().watermark;
  } else {
    current.position = mark.position;
    if (current.backfill.state == ports::Backfill::State::running) {
      current.backfill.state = ports::Backfill::State::done;
    }
    current.backfill.cursor.clear();
    current.watermark = mark.changed_at == WallTime{} ? checkpointer_.saved().watermark : mark.changed_at;
    current.ahead = ahead_ && !ahead_->pending.empty() ? ahead_ : place_ahead();
  }
  return current;
}

void Heart::save_if_due(MonoTime now) {
  // While stopping, one save after the last answer is enough.
  const bool hurry = stopping_ && in_flight_ == 0;
  if (!unsaved_ || !checkpointer_.may_save(now, hurry)) {
    return;
  }
  actions_.save = checkpointer_.begin(checkpoint(), now);
  unsaved_ = false;
}

MonoTime Heart::wake_at() const {
  MonoTime next = letter_retries_.next_due();
  if (!stopping_) {
    next = std::min(next, retries_.next_due());
    if (generation_ && in_flight_ < options_.workers && (lanes_.ready() || retries_.size() > 0)) {
      next = std::min(next, gate_.next());
    }
  }
  if (unsaved_ && !checkpointer_.saving()) {
    next = std::min(next, checkpointer_.not_before());
  }
  return next;
}

bool Heart::drained() const { return stopping_ && in_flight_ == 0 && !unsaved_ && !checkpointer_.saving(); }

std::string_view Heart::body_of(Ticket ticket) const { return records_[ticket.slot].event.body; }

event::EventTrace* Heart::trace_of(Ticket ticket) {
  return ledger_.is_open(ticket) && record(ticket).in_flight ? record(ticket).event.trace.get() : nullptr;
}

HeartStatus Heart::status() const {
  HeartStatus status;
  status.bytes = bytes_;
  status.events = ledger_.unsettled();
  status.in_flight = in_flight_;
  status.waiting_for_retry = retries_.size();
  if (const auto oldest = ledger_.oldest()) {
    const Record& first = records_[oldest->slot];
    status.oldest_read_at = first.read_at;
    const WallTime committed = committed_at(first.event);
    status.oldest_changed_at = committed != WallTime{} ? std::optional(committed) : std::nullopt;
  }
  status.settled_ahead = ledger_.settled_ahead();
  const std::uint32_t most = gate_.shut() ? std::min(options_.workers, 1U) : options_.workers;
  status.limit = generation_ && !stopping_ ? most : 0;
  status.unsaved = unsaved_ || checkpointer_.saving();
  status.history_settled = backfill_.sent;
  status.relaxations = lanes_.relaxations();
  status.sink_paused = gate_.shut();
  return status;
}

double Heart::uniform() {
  // splitmix64; the jitter needs no better, and the simulator needs it to be the same everywhere.
  random_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

}  // namespace exporter::pipeline
