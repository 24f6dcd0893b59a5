#include "simulation/process.h"

#include <algorithm>
#include <utility>

namespace exporter::simulation {

using namespace std::chrono_literals;

namespace {

pipeline::ReaderOptions reader_options(const Options& options) {
  pipeline::ReaderOptions made;
  made.backfill = {.enabled = options.backfill,
                   .max_age = 100000h,
                   .max_events = options.max_events,
                   .page_size = 7,
                   .rate_limit = 0};
  return made;
}

pipeline::HeartOptions heart_options(const Options& options, Random& random) {
  pipeline::HeartOptions made;
  made.workers = options.workers;
  made.max_bytes = options.max_bytes;
  made.max_retries = options.max_retries;
  made.backoff = {.initial = 100ms, .cap = 20s, .multiplier = 2};
  // Every event fails at random here, some often enough to count as exhausted; the checker takes no such letter.
  made.least_failures = UINT32_MAX;
  made.lanes = {.ordering = options.strict ? dispatch::Ordering::strict : dispatch::Ordering::node,
                .relax_after = options.strict ? 0U : 100000U};
  made.seed = random.next();
  return made;
}

}  // namespace

Process::Process(World& world)
    : world_(world),
      writer_({.metadata = {{"cluster", "sim"}}}),
      ids_(transform::EventIds::Mode::stable, "simulated/world/events/"),
      preparer_(decoder_, writer_, ids_),
      reader_(world.store, world.store, world.store, preparer_, world.clock, reader_options(world.options)) {}

void Process::later(Duration delay, std::function<void()> what) {
  world_.scheduler.after(delay, [self = shared_from_this(), what = std::move(what)] {
    if (self->alive_) {
      what();
    }
  });
}

void Process::boot() {
  if (!alive_) {
    return;
  }
  if (world_.fault(world_.options.read_error)) {
    ++world_.counts["boot: load failed"];
    later(200ms, [this] { boot(); });
    return;
  }
  if (world_.store.checkpoint) {
    start(*world_.store.checkpoint);
    return;
  }
  pipeline::FirstStart found;
  const auto first = reader_.first_checkpoint(found);
  if (!first || !write_checkpoint(*first)) {
    later(200ms, [this] { boot(); });
    return;
  }
  start(*first);
}

// What a datastore does with a save: written or not, reported or not.
bool Process::write_checkpoint(const ports::Checkpoint& checkpoint) {
  if (world_.fault(world_.options.save_error)) {
    ++world_.counts["save: failed"];
    return false;
  }
  if (!world_.store.checkpoint) {
    world_.checker.first_started(checkpoint);
  }
  world_.store.checkpoint = checkpoint;
  world_.checker.saved(checkpoint);
  ++world_.counts["save: done"];
  if (world_.fault(world_.options.save_answer_lost)) {
    ++world_.counts["save: done, answer lost"];
    return false;
  }
  return true;
}

void Process::start(const ports::Checkpoint& saved) {
  reader_.start(saved);
  heart_.emplace(heart_options(world_.options, world_.random), saved);
  fetch_token();
  read();
}

void Process::read() {
  if (queue_.size() >= 2) {
    later(5ms, [this] { read(); });
    return;
  }
  auto batch = reader_.step(world_.clock.now(), {});
  if (!batch) {
    ++world_.counts["read: failed"];
    later(100ms, [this] { read(); });
    return;
  }
  if (batch->history_planned) {
    ++world_.counts["history read again after a lost position"];
    world_.checker.history_lost();
  }
  const bool busy = !batch->events.empty();
  if (busy || !batch->end.position.empty()) {
    queue_.push_back(std::move(*batch));
    pump();
  }
  later(busy ? 1ms : 20ms, [this] { read(); });
}

void Process::pump() {
  carry_out();
  while (heart_->wants_more() && !queue_.empty()) {
    event::PreparedBatch batch = std::move(queue_.front());
    queue_.pop_front();
    heart_->arrived(std::move(batch), world_.clock.now(), world_.clock.wall_now());
    carry_out();
  }
  arm();
}

void Process::carry_out() {
  pipeline::Actions& actions = heart_->actions();
  for (const event::Ticket ticket : actions.sends) {
    send(ticket);
  }
  for (const auto& item : actions.dead_letters) {
    put(item.ticket, item.letter);
  }
  if (actions.save) {
    save(*actions.save);
  }
  if (actions.reject_credentials) {
    ++world_.counts["token: rejected"];
    fetch_token();
  }
  for (const pipeline::Notice& notice : actions.notices) {
    static const std::map<pipeline::Notice::Kind, std::string> kNames = {
        {pipeline::Notice::Kind::attempt_failed, "notice: attempt failed"},
        {pipeline::Notice::Kind::exhausted, "notice: exhausted"},
        {pipeline::Notice::Kind::refused_waiting, "notice: refused, waiting"},
        {pipeline::Notice::Kind::set_aside, "notice: set aside"},
        {pipeline::Notice::Kind::dead_letter_failed, "notice: dead letter failed"},
        {pipeline::Notice::Kind::backfill_complete, "notice: backfill complete"},
        {pipeline::Notice::Kind::sink_paused, "notice: sink paused"},
        {pipeline::Notice::Kind::sink_recovered, "notice: sink recovered"}};
    ++world_.counts[kNames.at(notice.kind)];
  }
  actions.clear();
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
  const std::string body(heart_->body_of(ticket));
  const std::size_t at = body.find(R"("nodeName":")") + 12;
  node_in_flight_[ticket.slot] = body.substr(at, body.find('"', at) - at);
  std::map<std::string, int> by_node;
  for (const auto& [slot, node] : node_in_flight_) {
    ++by_node[node];
  }
  world_.checker.in_flight(node_in_flight_.size(), by_node);

  const auto self = shared_from_this();
  const auto reply = [self, ticket](int status, event::TransportFailure failure) {
    if (self->alive_) {
      self->answer(ticket, status, failure);
    }
  };
  const Duration there = world_.random.between(1ms, 40ms);
  if (world_.fault(world_.options.request_lost)) {
    ++world_.counts["request: lost"];
    world_.scheduler.after(2s, [reply] { reply(0, event::TransportFailure::timeout); });
    return;
  }
  const bool late = world_.fault(world_.options.answer_late);
  const bool lost = late || world_.fault(world_.options.answer_lost);
  if (late) {
    // The sink takes it after the client has given up, perhaps after the client has died.
    ++world_.counts["request: taken after the time-out"];
  }
  world_.scheduler.after(late ? 2s + there : there, [self, body, generation = generation_, lost, reply] {
    self->arrive_at_sink(body, generation, [self, lost, reply](int status) {
      if (lost) {
        ++self->world_.counts["answer: lost"];
        return;
      }
      self->world_.scheduler.after(self->world_.random.between(1ms, 30ms),
                                   [reply, status] { reply(status, event::TransportFailure::none); });
    });
  });
  if (lost) {
    world_.scheduler.after(2s, [reply] { reply(0, event::TransportFailure::timeout); });
  }
}

void Process::arrive_at_sink(const std::string& body, std::uint64_t generation, std::function<void(int)> answer) {
  const Options& options = world_.options;
  int status = 202;
  const std::string id = id_in(body);
  if (generation < world_.sink.valid_from) {
    status = 401;
  } else if (world_.fault(options.sink_503)) {
    status = 503;
  } else if (world_.fault(options.sink_429)) {
    status = 429;
  } else if (world_.fault(options.sink_404)) {
    status = 404;
  } else {
    for (const Document& document : world_.store.documents()) {
      if (document.poison && world_.checker.event_id_of(document.id) == id) {
        status = 400;
      }
    }
  }
  ++world_.counts["sink: " + std::to_string(status)];
  if (status == 202) {
    if (++world_.sink.accepted[id] > 1) {
      ++world_.counts["sink: repeats"];
    } else {
      world_.sink.first_accepted.push_back(id);
    }
    world_.checker.accepted(id);
  }
  answer(status);
}

void Process::answer(event::Ticket ticket, int status, event::TransportFailure failure) {
  event::Answer made;
  made.ticket = ticket;
  made.status = status;
  made.failure = failure;
  if (status == 429 && world_.random.chance(0.5)) {
    made.retry_after = "3";
  }
  node_in_flight_.erase(ticket.slot);
  heart_->answered(made, world_.clock.now(), world_.clock.wall_now());
  pump();
  if (world_.fault(world_.options.answer_doubled)) {
    ++world_.counts["answer: doubled"];
    // The same exchange answered again: its ticket may have a new owner by now, so only a settled one may be doubled.
    if (status == 202) {
      heart_->answered(made, world_.clock.now(), world_.clock.wall_now());
      pump();
    }
  }
}

void Process::save(const ports::Checkpoint& checkpoint) {
  later(world_.random.between(1ms, 300ms), [this, checkpoint] {
    heart_->saved(write_checkpoint(checkpoint), world_.clock.now());
    pump();
  });
}

void Process::put(event::Ticket ticket, const ports::DeadLetter& letter) {
  later(world_.random.between(1ms, 100ms), [this, ticket, letter] {
    const bool ok = !world_.fault(world_.options.letter_error);
    if (ok) {
      world_.store.dead_letters[letter.document_id] = letter;
      world_.checker.dead_lettered(letter);
      ++world_.counts["dead letter: " + letter.reason];
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
    if (world_.fault(world_.options.token_error)) {
      ++world_.counts["token: fetch failed"];
      fetch_token();
      return;
    }
    // A fresh token is good, whatever was revoked before.
    generation_ = std::max(generation_ + 1, world_.sink.valid_from);
    heart_->credentials(generation_, world_.clock.now());
    pump();
  });
}

}  // namespace exporter::simulation
