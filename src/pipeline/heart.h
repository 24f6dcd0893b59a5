// The heart: what to send, what to save, what to set aside, and when.
//
// A deterministic state machine over the small ones (ledger, lanes, retry queue, error table, checkpointer). It holds
// no thread, socket, clock or lock: it is told what happened and what time it is, and it answers in actions() with what
// to do. The loop drives it with real I/O, the simulator with a seeded scheduler; both drive this very object.
//
//   told                 answers with
//   arrived(batch)       sends, as lanes, window and token allow
//   answered(answer)     settle, retry later, refresh the token, or a dead letter
//   dead_lettered, saved the ledger moves on; the next save when due
//   credentials          sends resume, or pause
//   tick                 due retries and saves
//   stop                 no new sends; what is in flight, then the last save, then drained()
//
// Life of an event: arrived -> waiting in its lane -> in flight -> accepted (settled), or waiting for a retry -> in
// flight ..., or being written as a dead letter -> settled. Each has one ledger ticket from arrival to settlement.
// Thread-safety: owned by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ack/ledger.h"
#include "base/backoff.h"
#include "checkpoint/checkpointer.h"
#include "dispatch/error_table.h"
#include "dispatch/gate.h"
#include "dispatch/lanes.h"
#include "dispatch/retry_queue.h"
#include "event/answer.h"
#include "event/prepared_event.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"

namespace exporter::pipeline {

using event::Ticket;

// What becomes of an event that the sink does not take, when its retries are used up.
enum class OnExhausted : std::uint8_t {
  isolate,  // a dead letter when the sink demonstrably takes others; else it goes on being tried at the longest delay
  wait,     // it goes on being tried, first in its lane, for ever; a refused one too
  dead_letter,  // a dead letter, whether or not the sink takes others; a refused one too
  exit,         // the program ends; a refused one is tried like any other until then
};

struct HeartOptions {
  std::uint32_t workers = 1;         // requests in flight at most
  std::size_t max_bytes = 12 << 20;  // events held at most; one event more is always let in when none is held
  // When fewer than so many events fill the bytes and all of them wait, others are let in all the same: they are what can
  // show whether the sink takes any.
  std::uint32_t let_in_when_nothing_moves = 8;
  // After so many the event is exhausted. An outage spends no event's retries: attempts while the gate is shut do not
  // count, nor answers that blame the endpoint (404, 403, a redirect) while nothing else is accepted.
  std::uint32_t max_retries = 0;
  OnExhausted on_exhausted = OnExhausted::isolate;
  BackoffOptions backoff;
  dispatch::LanesOptions lanes;
  dispatch::GateOptions gate;
  checkpoint::Options checkpoint;
  // A refused event becomes a dead letter only when the sink demonstrably takes others: it accepted one within this
  // time, or since this one failed first.
  Duration evidence = std::chrono::minutes(1);
  // So many refused events may wait without blocking their lanes, so that what is behind them can give that evidence;
  // when more are refused and none is accepted, it is the sink.
  std::uint32_t max_aside = 8;
  // An exhausted event becomes a dead letter only when it failed so often at least, when the sink accepted others since it
  // failed first, and when no event failed for the first time since then, which would cast doubt on the sink.
  std::uint32_t least_failures = 5;
  // When all bytes are held and nothing moves, such an event counts as exhausted after this time already: one stuck node
  // must not stop the stream. Its lane's next events do so with their first failure, while all bytes are held and until
  // one is accepted. Without evidence its lane runs in parallel instead, which may bring some (docs/adr/0008).
  Duration stuck_after = std::chrono::seconds(30);
  // So many unsettled events at most are named in a checkpoint, so that a restart repeats nothing that lies between them.
  std::size_t max_pending = 1000;
  std::uint64_t seed = 1;  // of the jitter
};

// For the operator's eyes; the loop turns them into log lines and metrics.
struct Notice {
  enum class Kind : std::uint8_t {
    attempt_failed,   // will be tried again in `delay`
    exhausted,        // the documented retries are used up
    refused_waiting,  // refused, but nothing shows that the sink takes others: it goes on being tried
    set_aside,        // on its way to the dead letters
    dead_letter_failed,
    backfill_complete,
    sink_paused,     // nothing is accepted any more: one request at a time from now on
    sink_recovered,  // an event was accepted again
  };
  Kind kind;
  std::string document_id;
  std::string detail;  // why, as one of a few phrases: lines are folded by it
  std::string text;    // the case at hand: what the sink or the network said, what could not be decoded
  int status = 0;
  std::uint32_t attempt = 0;
  Duration delay{};
  event::SpanContext trace = {};  // of the event, when it is traced
};

struct Actions {
  struct DeadLetter {
    Ticket ticket;
    ports::DeadLetter letter;
  };
  struct Accepted {
    Duration taken{};              // first attempt to acceptance, retries included
    Duration waited{};             // from the read to the first attempt
    std::optional<Duration> read;  // from the commit in the datastore to the read, when that is known: never of history
    bool history = false;          // came by backfill
  };
  std::vector<Ticket> sends;  // body_of() has the bytes
  std::vector<DeadLetter> dead_letters;
  std::optional<ports::Checkpoint> save;
  std::optional<std::uint64_t> reject_credentials;  // this generation was answered 401
  bool give_up = false;                             // an event is exhausted and on_exhausted is exit
  std::vector<Accepted> accepted;
  std::vector<std::unique_ptr<event::EventTrace>> traces;  // of events that are settled
  std::vector<Notice> notices;

  void clear();
};

struct HeartStatus {
  std::size_t bytes = 0;
  std::size_t events = 0;  // unsettled
  std::size_t in_flight = 0;
  std::size_t waiting_for_retry = 0;
  std::optional<MonoTime> oldest_read_at;     // of the unsettled events
  std::optional<WallTime> oldest_changed_at;  // of the same one; empty also when it is not known
  std::size_t settled_ahead = 0;              // events that are settled behind that one
  std::uint32_t limit = 0;                    // requests that may be in flight now
  bool unsaved = false;                       // there is progress that no answered save holds
  std::uint64_t history_settled = 0;          // documents of the backfill that are done with
  std::uint64_t relaxations = 0;              // see Lanes
  bool sink_paused = false;                   // see Gate
};

class Heart {
 public:
  // `saved`: the checkpoint that the store holds (the first position is saved before any event is read).
  Heart(HeartOptions options, ports::Checkpoint saved);

  void arrived(event::PreparedBatch&& batch, MonoTime now, WallTime wall);
  void answered(const event::Answer& answer, MonoTime now, WallTime wall);
  void dead_lettered(Ticket ticket, bool ok, MonoTime now);
  void saved(bool ok, MonoTime now);
  // The usable token's generation, or nothing.
  void credentials(std::optional<std::uint64_t> generation, MonoTime now);
  void tick(MonoTime now);
  void stop(MonoTime now);

  // Filled by the calls above; the driver carries them out and clears them before the next call.
  [[nodiscard]] Actions& actions() { return actions_; }

  // Whether another batch may come.
  [[nodiscard]] bool wants_more() const {
    return !stopping_ && (bytes_ < options_.max_bytes ||
                          (nothing_moves() && ledger_.unsettled() < options_.let_in_when_nothing_moves));
  }
  // When tick() is due at the latest.
  [[nodiscard]] MonoTime wake_at() const;
  // Stopping, nothing in flight, nothing left to save.
  [[nodiscard]] bool drained() const;
  // The request body of an event in flight; valid until it is settled or fails.
  [[nodiscard]] std::string_view body_of(Ticket ticket) const;
  // What is noted for the trace of an event in flight; null when nothing is. The heart only keeps it.
  [[nodiscard]] event::EventTrace* trace_of(Ticket ticket);
  [[nodiscard]] HeartStatus status() const;
  [[nodiscard]] std::size_t active_lanes() const { return lanes_.active(); }
  [[nodiscard]] std::vector<dispatch::LaneStatus> busiest_lanes(std::size_t most) const { return lanes_.busiest(most); }
  // Everything up to here is settled; what the next save will hold.
  [[nodiscard]] ports::Checkpoint checkpoint() const;
  // What the last save held.
  [[nodiscard]] const ports::Checkpoint& saved() const { return checkpointer_.saved(); }

 private:
  struct Record {
    event::PreparedEvent event;
    MonoTime read_at{};
    MonoTime first_attempt{};
    std::uint32_t attempts = 0;
    std::uint32_t failures = 0;    // those that count towards max_retries
    std::uint64_t generation = 0;  // of the token of the attempt in flight
    bool in_flight = false;
    bool refreshed = false;  // this attempt is the one repeat after a 401
    bool exhausted = false;
    bool aside = false;  // waits without blocking its lane
    std::optional<MonoTime> first_failed;
    std::uint64_t accepted_at_first_failure = 0;  // how many the sink had accepted by then
    std::uint64_t accepted_at_last_failure = 0;
    std::optional<ports::DeadLetter> letter;
  };

  // The next event that may go now, or nothing.
  std::optional<Ticket> next_to_send(MonoTime now);
  // The event's wait for its next attempt is over.
  void resume(Ticket ticket);
  void on_sink_failure(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                       WallTime wall);
  void note_first_failure(Record& failed, MonoTime now) const;
  // Counts what counts against the event, and tells the gate what may be the sink's fault.
  void note_failure(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now);
  // Whether the sink demonstrably takes other events than this one, which it refused.
  [[nodiscard]] bool takes_others(const Record& refused, MonoTime now) const;
  // Whether this event fails again and again while others are accepted, and nothing says that the sink is ill now.
  [[nodiscard]] bool fails_alone(const Record& failed) const;
  // Whether all bytes are held, nothing moves, and this event has failed for a while.
  [[nodiscard]] bool stands_still(const Record& failed, MonoTime now) const;
  // Whether the event must be decided now: it stands in the way of all others, see HeartOptions::stuck_after.
  [[nodiscard]] bool is_stuck(Ticket ticket, MonoTime now) const;
  // Another try, a dead letter, or the end of the program.
  void decide(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now, WallTime wall);

  // All that is held waits for its time, or behind something that does.
  [[nodiscard]] bool nothing_moves() const { return in_flight_ == 0 && !lanes_.ready(); }
  Record& record(Ticket ticket) { return records_[ticket.slot]; }
  void send_what_may_go(MonoTime now);
  void settle(Ticket ticket);
  void note_progress();
  // Something with this mark enters the ledger.
  void note_arrival(const event::Mark& mark);
  void accept(Ticket ticket, MonoTime now, WallTime wall);
  void on_unauthorized(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                       WallTime wall);
  void on_refused(Ticket ticket, const event::Answer& answer, const dispatch::Ruling& ruling, MonoTime now,
                  WallTime wall);
  void try_again_later(Ticket ticket, const event::Answer& answer, std::string_view reason, Notice::Kind kind,
                       MonoTime now, WallTime wall);
  void set_aside(Ticket ticket, ports::DeadLetter letter);
  [[nodiscard]] static std::string node_for_letter(const event::PreparedEvent& event);
  [[nodiscard]] static event::SpanContext trace_context(const Record& record) {
    return record.event.trace ? record.event.trace->context() : event::SpanContext{};
  }
  [[nodiscard]] ports::DeadLetter letter_for(const Record& failed, std::string_view reason, const event::Answer& answer,
                                             WallTime wall) const;
  // Of what is in the ledger now.
  [[nodiscard]] std::optional<ports::Ahead> place_ahead() const;
  void save_if_due(MonoTime now);
  double uniform();

  HeartOptions options_;
  ack::Ledger ledger_;
  dispatch::Lanes lanes_;
  dispatch::Gate gate_;
  dispatch::RetryQueue retries_;         // events
  dispatch::RetryQueue letter_retries_;  // dead letters that could not be written
  checkpoint::Checkpointer checkpointer_;
  std::deque<Record> records_;  // by ticket slot; a deque, so that views of bodies in flight survive its growth
  Actions actions_;
  std::size_t bytes_ = 0;
  std::size_t in_flight_ = 0;
  std::optional<std::uint64_t> generation_;
  std::uint64_t rejected_generation_ = 0;
  std::optional<MonoTime> last_accepted_;
  std::uint64_t accepted_ = 0;  // events, in all
  bool doubt_ = false;          // since the last one an event failed for the first time
  std::uint32_t aside_ = 0;
  ports::Backfill backfill_;
  // As saved, less what was settled since, until all that was pending has arrived.
  std::optional<ports::Ahead> ahead_;
  // Settled events behind `from`, which an earlier process settled; while that is the position.
  struct SettledBefore {
    event::Position from;
    std::uint64_t events = 0;
  };
  SettledBefore settled_before_;
  event::Mark::Phase phase_;  // of the committable mark
  bool unsaved_ = false;      // the committable mark moved since the last save began
  std::uint64_t random_;
  bool stopping_ = false;
};

}  // namespace exporter::pipeline
