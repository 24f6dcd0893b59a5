// What an answer that is no acceptance does to its event, to the gate and to the dead letters: whose fault it is. The rest of
// the heart is in heart.cpp.
#include <algorithm>
#include <utility>

#include "pipeline/heart.h"

namespace exporter::pipeline {

using dispatch::Verdict;

namespace {

dispatch::Gate::Cause cause_of(const event::Answer& answer, Verdict verdict) {
  if (verdict == Verdict::sink_problem) {
    return dispatch::Gate::Cause::problem;
  }
  return answer.failure == event::TransportFailure::none ? dispatch::Gate::Cause::sick
                                                         : dispatch::Gate::Cause::transport;
}

}  // namespace

void Heart::on_sink_failure(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                            WallTime wall) {
  if (ruling.verdict == Verdict::retry && answer.retry_after) {
    gate_.hold(after(now, dispatch::requested_wait(answer, wall)));
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
                                .attempt = current.attempts,
                                .delay = {},
                                .trace = trace_context(current)});
  }
  lanes_.mark_stuck(ticket, true);
  lanes_.finish(ticket);
  set_aside(ticket, letter_for(current, ruling.verdict == Verdict::refused ? "refused" : "exhausted", answer, wall));
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

std::string Heart::node_for_letter(const event::PreparedEvent& event) {
  std::size_t bytes = std::min(event.node.size(), ports::kLetterNodeBytes);
  // Not within a character of UTF-8: a store would not take it.
  while (bytes > 0 && bytes < event.node.size() && (static_cast<unsigned char>(event.node[bytes]) & 0xC0U) == 0x80U) {
    --bytes;
  }
  return event.node.substr(0, bytes);
}

ports::DeadLetter Heart::letter_for(const Record& failed, std::string_view reason, const event::Answer& answer,
                                    WallTime wall) const {
  return {.document_id = failed.event.document_id,
          .event_id = event::to_string(failed.event.id),
          .node = node_for_letter(failed.event),
          .reason = std::string(reason),
          .detail = answer.excerpt,
          .status = answer.status,
          .attempts = failed.attempts,
          .at = wall,
          .trace = trace_context(failed)};
}

void Heart::try_again_later(Ticket ticket, const event::Answer& answer, std::string_view reason, Notice::Kind kind,
                            MonoTime now, WallTime wall) {
  const Record& current = record(ticket);
  const Duration planned = with_jitter(backoff_delay(options_.backoff, current.attempts), uniform());
  const Duration delay = std::max(planned, dispatch::requested_wait(answer, wall));
  actions_.notices.push_back({.kind = kind,
                              .document_id = current.event.document_id,
                              .detail = std::string(reason),
                              .text = answer.excerpt,
                              .status = answer.status,
                              .attempt = current.attempts,
                              .delay = delay,
                              .trace = trace_context(current)});
  retries_.add(ticket, after(now, delay));
}

}  // namespace exporter::pipeline
