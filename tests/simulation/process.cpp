#include "simulation/process.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

using namespace std::chrono_literals;
using event::TransportFailure;
using pipeline::Notice;

namespace {

constexpr Duration kTimeout = 2s;  // of one exchange, as the program sees it

pipeline::ReaderOptions reader_options(const Options& options) {
  pipeline::ReaderOptions made;
  made.backfill = {.enabled = options.backfill,
                   .max_age = 100000h,
                   .max_events = options.max_events,
                   .page_size = 7,
                   .rate_limit = options.rate_limit};
  return made;
}

pipeline::HeartOptions heart_options(const Options& options, Random& random) {
  pipeline::HeartOptions made;
  made.workers = options.workers;
  made.max_bytes = options.max_bytes;
  made.max_retries = options.max_retries;
  made.on_exhausted = options.on_exhausted;
  made.backoff = {.initial = 100ms, .cap = options.backoff_cap, .multiplier = 2};
  made.lanes = {.ordering = options.ordering, .relax_after = options.relax_after};
  made.seed = random.next();
  return made;
}

// The id that a request body carries.
std::string_view id_in(std::string_view body) {
  constexpr std::string_view kBefore = R"("id":")";
  const std::size_t at = body.find(kBefore);
  return at == std::string_view::npos ? std::string_view() : body.substr(at + kBefore.size(), 36);
}

std::string_view row_of(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::attempt_failed:
      return "notice: attempt failed";
    case Notice::Kind::exhausted:
      return "notice: exhausted";
    case Notice::Kind::refused_waiting:
      return "notice: refused, waiting";
    case Notice::Kind::set_aside:
      return "notice: set aside";
    case Notice::Kind::dead_letter_failed:
      return "notice: dead letter failed";
    case Notice::Kind::backfill_complete:
      return "notice: backfill complete";
    case Notice::Kind::sink_paused:
      return "notice: sink paused";
    case Notice::Kind::sink_recovered:
      return "notice: sink recovered";
  }
  return {};
}

}  // namespace

bool World::fault(double probability, std::string_view name) const {
  const bool happens = !well && random.chance(probability);
  if (happens) {
    coverage.hit(name);
    say(name);
  }
  return happens;
}

void World::say(std::string_view what, std::string_view subject, std::int64_t number) const {
  if (trace) {
    fmt::print("{:>10.3f} s  {} {} {}\n", std::chrono::duration<double>(clock.now().time_since_epoch()).count(), what,
               subject, number);
  }
}

Process::Process(World& world)
    : world_(world),
      writer_({.metadata = {{"cluster", "sim"}}}),
      ids_(transform::EventIds::Mode::stable, "simulated/world/events/"),
      preparer_(decoder_, writer_, ids_, filter::Program::compile("event.isHealthy == false").value()),
      reader_(world.store, world.store, world.store, preparer_, world.clock, reader_options(world.options)),
      checker_(world.options, world.clock, world.store, world.sink, world.checker, world.coverage, world.violation) {}

void Process::boot() {
  if (!alive_) {
    return;
  }
  if (!world_.well && world_.random.chance(world_.options.read_error)) {
    world_.coverage.hit("restart: load failed");
    later(200ms, [this] { boot(); });
    return;
  }
  if (const auto& saved = world_.store.checkpoint) {
    world_.coverage.hit(saved->backfill.state == ports::Backfill::State::running ? "restart: in the history"
                                                                                 : "restart: in the stream");
    start(ports::Checkpoint(*saved));
    return;
  }
  pipeline::FirstStart found;
  const auto first = reader_.first_checkpoint(found);
  if (!first || !write_checkpoint(*first)) {
    later(200ms, [this] { boot(); });
    return;
  }
  world_.coverage.hit("restart: first start");
  start(*first);
}

// What a datastore does with a save: written or not, reported or not.
bool Process::write_checkpoint(const ports::Checkpoint& checkpoint) {
  if (world_.fault(world_.options.save_error, "fault: save failed")) {
    return false;
  }
  if (!world_.store.checkpoint) {
    world_.checker.first_started(checkpoint);
  }
  world_.say("saved", checkpoint.position.token, static_cast<int>(checkpoint.backfill.state));
  world_.store.checkpoint = checkpoint;
  world_.checker.saved(checkpoint);
  return !world_.fault(world_.options.save_answer_lost, "fault: save written, answer lost");
}

void Process::start(const ports::Checkpoint& saved) {
  world_.say("started at", saved.position.token);
  checker_.started(saved);
  reader_.start(saved);
  heart_.emplace(heart_options(world_.options, world_.random), saved);
  world_.store.on_insert = [self = weak_from_this()] {
    if (const auto process = self.lock(); process && std::exchange(process->idle_, false)) {
      process->read_later(1ms);
    }
  };
  fetch_token();
  read_later(0ms);
}

void Process::read_later(Duration delay) {
  later(delay, [this, number = ++reads_] {
    if (number == reads_) {
      idle_ = false;
      read();
    }
  });
}

void Process::read() {
  if (stopping_) {
    return;
  }
  if (queue_.size() >= 2) {
    world_.coverage.hit("reader: held back by the bytes");
    held_back_ = true;
    return;
  }
  const std::uint64_t healed = reader_.healed();
  const bool was_in_history = reader_.in_history();
  auto batch = reader_.step(world_.clock.now(), {});
  if (reader_.healed() != healed) {
    world_.coverage.hit("reader: history read again after a lost position");
    world_.checker.history_read_again();
    checker_.history_read_again();
    if (world_.fault(world_.options.trimmed_healing, "fault: change log trimmed while healing")) {
      later(world_.random.between(0ms, 200ms), [this] { world_.store.trim(); });
    }
  } else if (was_in_history) {
    world_.coverage.hit("reader: history");
  }
  if (!batch) {
    read_later(100ms);
    return;
  }
  const bool busy = !batch->events.empty();
  if (busy || !batch->end.position.empty()) {
    queue_.push_back(std::move(*batch));
    pump();
  }
  idle_ = !busy && !reader_.in_history();
  read_later(busy || was_in_history != reader_.in_history() ? 1ms : idle_ ? 500ms : 20ms);
}

void Process::pump() {
  carry_out();
  while (heart_->wants_more() && !queue_.empty()) {
    event::PreparedBatch batch = std::move(queue_.front());
    queue_.pop_front();
    checker_.arrived(batch);
    for (const auto& event : batch.events) {
      world_.say("read", event.document_id);
    }
    heart_->arrived(std::move(batch), world_.clock.now(), world_.clock.wall_now());
    carry_out();
  }
  if (held_back_ && queue_.size() < 2) {
    held_back_ = false;
    read_later(0ms);
  }
  arm();
  end_if_drained();
}

void Process::carry_out() {
  pipeline::Actions& actions = heart_->actions();
  paused_ = heart_->status().sink_paused;
  for (const event::Ticket ticket : actions.sends) {
    send(ticket);
  }
  for (const auto& item : actions.dead_letters) {
    checker_.set_aside(item.letter);
    put(item.ticket, item.letter);
  }
  if (actions.save) {
    save(*actions.save);
  }
  if (actions.reject_credentials) {
    world_.coverage.hit("token: rejected");
    fetch_token();
  }
  for (const Notice& notice : actions.notices) {
    world_.coverage.hit(row_of(notice.kind));
    world_.say(row_of(notice.kind), notice.document_id, notice.delay / 1ms);
  }
  const bool gives_up = actions.give_up;
  actions.clear();
  if (gives_up && !stopping_) {
    world_.coverage.hit("stop: given up");
    later(0ms, [this] { stop(2s); });
  }
}

void Process::arm() {
  const MonoTime wanted = heart_->wake_at();
  if (wanted >= armed_) {
    return;
  }
  armed_ = wanted;
  later(std::max(wanted - world_.clock.now(), Duration(0)), [this, version = ++arm_version_] {
    if (version != arm_version_) {
      return;  // replaced, as the reactor's one timer is
    }
    armed_ = kNever;
    heart_->tick(world_.clock.now());
    pump();
  });
}

void Process::send(event::Ticket ticket) {
  const std::string_view id = id_in(heart_->body_of(ticket));
  const Document* document = world_.store.find_event(id);
  if (document == nullptr) {
    world_.violation.broken("an event with an unknown id was sent");
    return;
  }
  if (in_flight_.size() <= ticket.slot) {
    in_flight_.resize(ticket.slot + 1);
  }
  Attempt& attempt = in_flight_[ticket.slot];
  if (attempt.document != nullptr) {
    world_.violation.broken("a ticket was sent twice at once");
  }
  attempt = {.ticket = ticket, .document = document, .number = ++attempts_, .probe = checker_.sent(*document, paused_)};

  world_.say(attempt.probe ? "probe" : "send", document->id, document->node);
  const Reply failed = world_.sink.on_the_way();
  if (failed.failure != TransportFailure::none) {
    const bool slow = failed.failure == TransportFailure::timeout;
    reply_after(slow ? kTimeout : world_.random.between(1ms, 40ms), attempt, failed);
    return;
  }
  const bool late = world_.fault(world_.options.answer_late, "fault: taken after the time-out");
  const bool lost = late || world_.fault(world_.options.answer_lost, "fault: answer lost");
  const Duration there = world_.sink.way() + (late ? kTimeout : Duration::zero());
  if (lost) {
    world_.checker.answer_lost(*document);
    Reply reply;
    reply.failure = late || world_.random.chance(0.5) ? TransportFailure::timeout : TransportFailure::reset;
    reply_after(reply.failure == TransportFailure::timeout ? kTimeout : there + 1ms, attempt, reply);
  }
  // The sink may take it after the client has given up, perhaps after the client has died.
  world_.scheduler.after(there, [self = shared_from_this(), attempt, generation = generation_, lost] {
    self->arrive_at_sink(attempt, generation, lost);
  });
}

void Process::arrive_at_sink(const Attempt& attempt, std::uint64_t generation, bool lost) {
  const Reply reply = world_.sink.arrive(attempt.document, generation);
  if (reply.failure == TransportFailure::none && (reply.status / 100 == 2 || reply.status == 409)) {
    world_.checker.accepted(attempt.document);
  }
  if (!lost) {
    reply_after(world_.sink.way(), attempt, reply);
  }
}

void Process::reply_after(Duration delay, const Attempt& attempt, Reply reply) {
  later(delay, [this, attempt, reply = std::move(reply)] { answer(attempt, reply); });
}

void Process::answer(const Attempt& attempt, const Reply& reply) {
  Attempt& current = in_flight_[attempt.ticket.slot];
  if (current.document == nullptr || current.number != attempt.number) {
    return;  // the connection was closed meanwhile
  }
  current = {};
  event::Answer made;
  made.ticket = attempt.ticket;
  made.status = reply.status;
  made.failure = reply.failure;
  made.retry_after = reply.retry_after;
  const bool answered = made.failure == TransportFailure::none;
  world_.coverage.hit("answer: " + (answered ? std::to_string(made.status) : std::string(to_string(made.failure))));
  world_.say(answered ? "answer" : to_string(made.failure), attempt.document->id, made.status);
  const bool paused_before = heart_->status().sink_paused;
  heart_->answered(made, world_.clock.now(), world_.clock.wall_now());
  checker_.answered(*attempt.document, reply, attempt.probe, paused_before, heart_->status().sink_paused);
  pump();
  // The same exchange answered again. While its ticket is open it may be in flight again, and then nobody could tell the
  // answers apart (ports::Sink promises one for each send); once it is settled, its slot has a new owner.
  const bool settled = answered && (made.status / 100 == 2 || made.status == 409);
  if (settled && world_.fault(world_.options.answer_doubled, "fault: answer doubled")) {
    later(world_.random.between(0ms, 3s), [this, made] { answer_again(made); });
  }
}

void Process::answer_again(const event::Answer& answer) {
  if (in_flight_[answer.ticket.slot].document != nullptr) {
    world_.coverage.hit("answer: late, to a ticket whose slot has a new owner");
  }
  heart_->answered(answer, world_.clock.now(), world_.clock.wall_now());
  pump();
}

void Process::save(const ports::Checkpoint& checkpoint) {
  later(world_.random.between(1ms, 300ms), [this, checkpoint] {
    heart_->saved(write_checkpoint(checkpoint), world_.clock.now());
    pump();
  });
}

void Process::put(event::Ticket ticket, const ports::DeadLetter& letter) {
  later(world_.random.between(1ms, 100ms), [this, ticket, letter] {
    bool ok = !world_.fault(world_.options.letter_error, "fault: letter failed");
    if (ok) {
      world_.store.dead_letters[letter.document_id] = letter;
      world_.coverage.hit("letter: " + letter.reason);
      ok = !world_.fault(world_.options.letter_answer_lost, "fault: letter written, answer lost");
    }
    const Document* document = world_.store.find(letter.document_id);
    if (ok && document != nullptr) {
      checker_.letter_stored(*document);
    }
    heart_->dead_lettered(ticket, ok, world_.clock.now());
    pump();
  });
}

void Process::fetch_token() {
  if (std::exchange(fetching_, true)) {
    return;
  }
  heart_->credentials(std::nullopt, world_.clock.now());
  later(world_.random.between(10ms, 200ms), [this] {
    fetching_ = false;
    if (world_.fault(world_.options.token_error, "fault: token fetch failed")) {
      fetch_token();
      return;
    }
    // A fresh token is good, whatever was revoked before.
    generation_ = std::max(generation_ + 1, world_.sink.valid_from());
    heart_->credentials(generation_, world_.clock.now());
    pump();
  });
}

void Process::stop(Duration drain_timeout) {
  if (!alive_ || std::exchange(stopping_, true)) {
    return;
  }
  checker_.stopping();
  heart_->stop(world_.clock.now());
  later(drain_timeout, [this] { cut_off(); });
  later(drain_timeout + 5s, [this] { alive_ = false; });
  pump();
}

// The drain timeout is over: connections are closed, which answers what is in flight.
void Process::cut_off() {
  for (std::size_t slot = 0; slot < in_flight_.size(); ++slot) {
    const Attempt attempt = in_flight_[slot];
    if (attempt.document != nullptr) {
      world_.coverage.hit("stop: cut off");
      world_.checker.answer_lost(*attempt.document);
      Reply closed;
      closed.failure = TransportFailure::closed;
      answer(attempt, closed);
    }
  }
}

void Process::end_if_drained() {
  if (alive_ && stopping_ && heart_->drained()) {
    world_.coverage.hit("stop: drained");
    checker_.drained(world_.store.checkpoint);
    alive_ = false;
  }
}

}  // namespace exporter::simulation
