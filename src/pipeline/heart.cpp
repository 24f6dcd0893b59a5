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

dispatch::Gate::Cause cause_of(const event::Answer& answer, Verdict verdict) {
  if (verdict == Verdict::sink_problem) {
    return dispatch::Gate::Cause::problem;
  }
  return answer.failure == event::TransportFailure::none ? dispatch::Gate::Cause::sick
                                                         : dispatch::Gate::Cause::transport;
}

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
      phase_(ledger_.committable().phase),
      random_(options_.seed) {}

void Heart::arrived(event::PreparedBatch&& batch, MonoTime now, WallTime wall) {
  if (batch.history_planned) {
    backfill_ = {.state = ports::Backfill::State::running, .cursor = {}, .sent = 0, .total = *batch.history_planned};
  }
  for (event::PreparedEvent& event : batch.events) {
    note_arrival(event.after);
    if (event.kind == event::PreparedEvent::Kind::skip) {
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
                         .node = fresh.event.node,
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
      accept(ticket, now);
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

void Heart::on_sink_failure(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                            WallTime wall) {
  if (ruling.verdict == Verdict::retry && answer.retry_after) {
    gate_.hold(after(now, dispatch::parse_retry_after(*answer.retry_after, wall).value_or(Duration::zero())));
  }
  if (answer.failure == event::TransportFailure::closed) {
    // Cut off by our own end, which says nothing about anybody.
    gate_.ended(ticket, now);
    try_again_later(ticket, answer, ruling.reason, Notice::Kind::attempt_failed, now, wall);
    return;
  }
  note_failure(ticket, answer, ruling, now);
  decide(ticket, answer, ruling, now, wall);
}

void Heart::note_first_failure(Record& failed, MonoTime now) const {
  if (!failed.first_failed) {
    failed.first_failed = now;
    failed.accepted_at_first_failure = accepted_;
  }
}

void Heart::note_failure(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now) {
  Record& current = record(ticket);
  current.refreshed = false;  // the next attempt is a new one
  // An answer that should be the same for every event is this event's own only if others were accepted meanwhile.
  const bool own = current.first_failed && accepted_ > current.accepted_at_last_failure;
  const bool problem = ruling.verdict == Verdict::sink_problem && options_.on_exhausted != OnExhausted::exit;
  // Who asks for dead letters whatever the sink takes wants memory that is full of them to become free.
  const bool no_doubt = options_.on_exhausted == OnExhausted::dead_letter && bytes_ >= options_.max_bytes;
  if (no_doubt || (!gate_.shut() && (!problem || own))) {
    ++current.failures;
  }
  current.accepted_at_last_failure = accepted_;
  note_first_failure(current, now);

  const bool given_up = ruling.verdict == Verdict::refused && options_.on_exhausted == OnExhausted::dead_letter;
  // With `exit` each event spends its retries for itself.
  if (given_up || options_.on_exhausted == OnExhausted::exit) {
    gate_.ended(ticket, now);
    return;
  }
  // It failed before others were accepted, so its failures alone say nothing about the sink.
  const bool known = accepted_ > current.accepted_at_first_failure || lanes_.is_stuck(ticket);
  doubt_ = doubt_ || !known;
  dispatch::Gate::Cause cause = cause_of(answer, ruling.verdict);
  if (known && cause != dispatch::Gate::Cause::transport) {
    if (!doubt_) {
      gate_.ended(ticket, now);
      return;
    }
    cause = dispatch::Gate::Cause::sick;
  }
  if (gate_.failed(ticket, cause, now)) {
    actions_.notices.push_back({.kind = Notice::Kind::sink_paused,
                                .document_id = {},
                                .detail = std::string(ruling.reason),
                                .text = answer.excerpt,
                                .status = answer.status});
  }
}

bool Heart::takes_others(const Record& refused, MonoTime now) const {
  return last_accepted_ && !gate_.shut() &&
         (now - *last_accepted_ <= options_.evidence || accepted_ > refused.accepted_at_first_failure);
}

bool Heart::fails_alone(const Record& failed) const {
  return !gate_.shut() && !doubt_ && accepted_ > failed.accepted_at_first_failure &&
         failed.failures >= options_.least_failures;
}

bool Heart::stands_still(const Record& failed, MonoTime now) const {
  return bytes_ >= options_.max_bytes && nothing_moves() && !gate_.shut() &&
         failed.failures >= options_.least_failures && now - *failed.first_failed >= options_.stuck_after;
}

bool Heart::is_stuck(Ticket ticket, MonoTime now) const {
  if (options_.on_exhausted != OnExhausted::isolate || bytes_ < options_.max_bytes) {
    return false;
  }
  const Record& current = records_[ticket.slot];
  if (lanes_.is_stuck(ticket)) {
    return !doubt_ && takes_others(current, now);
  }
  return stands_still(current, now) && fails_alone(current);
}

void Heart::decide(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                   WallTime wall) {
  Record& current = record(ticket);
  const bool stuck = is_stuck(ticket, now);
  auto kind = Notice::Kind::attempt_failed;
  if ((stuck || current.failures > options_.max_retries) && !std::exchange(current.exhausted, true)) {
    kind = Notice::Kind::exhausted;
    actions_.give_up = options_.on_exhausted == OnExhausted::exit;
  }
  const bool given_up = current.exhausted && (options_.on_exhausted == OnExhausted::dead_letter ||
                                              (options_.on_exhausted == OnExhausted::isolate && fails_alone(current)));
  if (!given_up && !stuck) {
    if (stands_still(current, now)) {
      lanes_.relax(ticket);
    }
    try_again_later(ticket, answer, ruling.reason, kind, now, wall);
    return;
  }
  if (kind == Notice::Kind::exhausted) {
    actions_.notices.push_back({.kind = kind,
                                .document_id = current.event.document_id,
                                .detail = std::string(ruling.reason),
                                .text = answer.excerpt,
                                .status = answer.status,
                                .attempt = current.attempts});
  }
  lanes_.mark_stuck(ticket, true);
  lanes_.finish(ticket);
  set_aside(ticket, letter_for(current, ruling.verdict == Verdict::refused ? "refused" : "exhausted", answer, wall));
}

void Heart::accept(Ticket ticket, MonoTime now) {
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
  actions_.accepted.push_back({now - current.first_attempt, current.event.after.phase == Mark::Phase::history});
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
    std::erase(ahead_->pending, done.event.document_id);
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

void Heart::on_unauthorized(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                            WallTime wall) {
  Record& current = record(ticket);
  if (current.generation > rejected_generation_) {
    rejected_generation_ = current.generation;
    actions_.reject_credentials = current.generation;
    if (generation_ && *generation_ <= rejected_generation_) {
      generation_.reset();  // nothing more goes out under this token
    }
  }
  if (std::exchange(current.refreshed, true)) {
    // The repeat under a new token failed as well: not the token's fault.
    note_failure(ticket, answer, ruling, now);
    decide(ticket, answer, ruling, now, wall);
  } else {
    lanes_.resume(ticket);
  }
}

void Heart::on_refused(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                       WallTime wall) {
  Record& current = record(ticket);
  if (options_.on_exhausted != OnExhausted::isolate) {
    note_failure(ticket, answer, ruling, now);
    decide(ticket, answer, ruling, now, wall);
    return;
  }
  note_first_failure(current, now);
  if (takes_others(current, now)) {
    gate_.ended(ticket, now);
    lanes_.finish(ticket);
    set_aside(ticket, letter_for(current, "refused", answer, wall));
    return;
  }
  note_failure(ticket, answer, ruling, now);
  if (aside_ < options_.max_aside) {
    ++aside_;
    current.aside = true;
    lanes_.step_aside(ticket);
  }
  try_again_later(ticket, answer, ruling.reason, Notice::Kind::refused_waiting, now, wall);
}

ports::DeadLetter Heart::letter_for(const Record& failed, std::string_view reason, const event::Answer& answer,
                                    WallTime wall) const {
  return {.document_id = failed.event.document_id,
          .event_id = event::to_string(failed.event.id),
          .node = failed.event.node,
          .reason = std::string(reason),
          .detail = answer.excerpt,
          .status = answer.status,
          .attempts = failed.attempts,
          .at = wall};
}

void Heart::try_again_later(Ticket ticket, const event::Answer& answer, std::string_view reason, Notice::Kind kind,
                            MonoTime now, WallTime wall) {
  const Record& current = record(ticket);
  const Duration planned = with_jitter(backoff_delay(options_.backoff, current.attempts), uniform());
  Duration delay = planned;
  if (answer.retry_after) {
    delay = std::max(planned, dispatch::parse_retry_after(*answer.retry_after, wall).value_or(Duration::zero()));
  }
  actions_.notices.push_back({.kind = kind,
                              .document_id = current.event.document_id,
                              .detail = std::string(reason),
                              .text = answer.excerpt,
                              .status = answer.status,
                              .attempt = current.attempts,
                              .delay = delay});
  retries_.add(ticket, after(now, delay));
}

void Heart::set_aside(Ticket ticket, ports::DeadLetter letter) {
  actions_.notices.push_back({.kind = Notice::Kind::set_aside,
                              .document_id = letter.document_id,
                              .detail = letter.reason,
                              .text = letter.detail,
                              .status = letter.status,
                              .attempt = letter.attempts});
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
                                .delay = kLetterRetry});
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
  ports::Ahead ahead{.position = found->mark.position, .pending = {}};
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

HeartStatus Heart::status() const {
  HeartStatus status;
  status.bytes = bytes_;
  status.events = ledger_.unsettled();
  status.in_flight = in_flight_;
  status.waiting_for_retry = retries_.size();
  if (const auto oldest = ledger_.oldest()) {
    status.oldest_read_at = records_[oldest->slot].read_at;
  }
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
