#include "simulation/life_checker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

using namespace std::chrono_literals;
using event::PreparedEvent;
using event::TransportFailure;

namespace {

// The table of docs/retries.md in this checker's own words.
bool is_taken(int status) { return status / 100 == 2 || status == 409; }
bool is_same_for_all(int status) {
  switch (status) {
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
    case 415:
    case 421:
    case 426:
      return true;
    default:
      return status / 100 == 3;
  }
}
bool is_refusal(int status) {
  return status / 100 == 4 && !is_same_for_all(status) && status != 401 && status != 408 && status != 409 &&
         status != 425 && status != 429;
}
bool is_sick(int status) {
  return !is_taken(status) && !is_same_for_all(status) && !is_refusal(status) && status != 401;
}

constexpr Duration kCeiling = 5min;  // of Retry-After
// See pipeline::HeartOptions.
constexpr Duration kEvidence = 1min;
constexpr std::uint32_t kLetIn = 8;
constexpr std::uint32_t kLeastFailures = 5;
// An outage is noticed within this: time-outs of two seconds, failures over one second.
constexpr Duration kNoticed = 10s;

}  // namespace

LifeChecker::LifeChecker(const Options& options, const SimClock& clock, const Datastore& store, const Sink& sink,
                         Checker& checker, Coverage& coverage, Violation& violation)
    : options_(options),
      clock_(clock),
      store_(store),
      sink_(sink),
      checker_(checker),
      coverage_(coverage),
      violation_(violation),
      nodes_(options.nodes + 1) {}

void LifeChecker::broken(std::string what) { violation_.broken(std::move(what)); }

LifeChecker::State& LifeChecker::state(const Document& document) {
  if (states_.size() < document.seq) {
    states_.resize(store_.documents().size());
  }
  return states_[document.seq - 1];
}

void LifeChecker::started(const ports::Checkpoint& saved) {
  asked_in_vain_ = store_.asked_in_vain();
  born_ = clock_.now();
  position_ = std::stoull(saved.position.token);
  if (saved.backfill.state == ports::Backfill::State::running) {
    cursor_ = parse_cursor(saved.backfill.cursor);
  }
}

void LifeChecker::arrived(const event::PreparedBatch& batch) {
  // A few events that fill the bytes and all wait let others in, which can show whether the sink takes any.
  if (bytes_ >= options_.max_bytes && (events_ >= kLetIn || out_ > 0)) {
    broken(fmt::format("more was read with {} bytes held of {}", bytes_, options_.max_bytes));
  }
  for (const PreparedEvent& event : batch.events) {
    const Document* document = store_.find(event.document_id);
    if (document == nullptr) {
      continue;
    }
    if ((event.kind == PreparedEvent::Kind::filtered) != document->unwanted) {
      broken(fmt::format("the filter was wrong about {}", document->id));
    }
    if (document->unwanted) {
      coverage_.hit("filter: event held back");
      continue;
    }
    State& held = state(*document);
    if (held.held > 0 && !read_again_) {
      broken(fmt::format("{} was read twice", document->id));
    }
    ++held.held;
    held.weight += event.weight();
    bytes_ += event.weight();
    ++events_;
    ++outage_arrivals_;
    Node& node = nodes_[document->node];
    was_full_ = was_full_ || bytes_ >= options_.max_bytes;
    if (++node.held > options_.relax_after && options_.ordering == dispatch::Ordering::node && !node.relaxed) {
      relax(document->node);
    }
    if (node.relaxed) {
      checker_.order_yields(*document);
    }
  }
}

void LifeChecker::relax(std::uint32_t number) {
  nodes_[number].relaxed = true;
  coverage_.hit("lane: relaxed");
  for (const Document& other : store_.documents()) {
    if (other.node == number && other.seq <= states_.size() && states_[other.seq - 1].held > 0) {
      checker_.order_yields(other);
    }
  }
}

bool LifeChecker::sent(const Document& document, bool paused) {
  const State& held = state(document);
  const MonoTime now = clock_.now();
  if (held.held == 0) {
    broken(fmt::format("{} was sent {}", document.id, held.settled ? "after it was settled" : "but never read"));
  }
  const bool in_scope = document.seq > position_ || (cursor_ && cursor_->before(document));
  if (!in_scope && !read_again_) {
    broken(fmt::format("{} was sent though the saved position {} lies behind it", document.id, position_));
  }
  if (stopping_) {
    broken(fmt::format("{} was sent after the stop", document.id));
  }
  if (++out_ > options_.workers) {
    broken(fmt::format("{} requests in flight, {} workers", out_, options_.workers));
  }
  Node& node = nodes_[document.node];
  if (++node.out > 1) {
    coverage_.hit("lane: two of a node in flight");
    // A node that may have filled all bytes, and nothing moved.
    if (!node.relaxed && was_full_ && options_.ordering == dispatch::Ordering::node) {
      relax(document.node);
    }
    if (!node.relaxed && options_.ordering != dispatch::Ordering::none) {
      broken(fmt::format("{} requests in flight for node-{}", node.out, document.node));
    }
  }
  if (now < held_until_) {
    broken(fmt::format("{} was sent {} ms before the time that the sink asked for", document.id,
                       (held_until_ - now) / 1ms));
  }
  check_rate();
  if (!paused) {
    return false;
  }
  coverage_.hit("gate: probe");
  if (++probes_out_ > 1) {
    broken("two requests at once to a sink that is paused");
  }
  if (now < no_probe_before_) {
    broken(fmt::format("a sink that is paused was asked {} ms too early", (no_probe_before_ - now) / 1ms));
  }
  no_probe_before_ = now + 1s;
  return true;
}

// Whatever the program believes: a sink that takes nothing is asked about once a second.
void LifeChecker::check_rate() {
  const Illness illness = sink_.illness();
  // These settings have every event spend its retries for itself.
  const bool each_for_itself =
      options_.on_exhausted == pipeline::OnExhausted::exit ||
      (options_.on_exhausted == pipeline::OnExhausted::dead_letter && illness == Illness::refusing);
  if (illness == Illness::none || each_for_itself) {
    outage_since_ = {};
    return;
  }
  const MonoTime since = std::max(sink_.ill_since(), born_);
  if (since != outage_since_) {
    outage_since_ = since;
    outage_sends_ = 0;
    outage_arrivals_ = 0;
  }
  if (clock_.now() < since + kNoticed) {
    return;
  }
  coverage_.hit("outage: rate checked");
  const auto seconds = static_cast<std::uint64_t>((clock_.now() - since - kNoticed) / 700ms);
  if (++outage_sends_ > 10 + options_.workers + outage_arrivals_ + seconds) {
    broken(fmt::format("{} requests in {} s to a sink that takes nothing", outage_sends_, (clock_.now() - since) / 1s));
  }
}

void LifeChecker::settle(const Document& document) {
  State& done = state(document);
  if (done.held == 0) {
    return;
  }
  const std::size_t weight = done.weight / done.held;  // copies are the same but for their positions
  done.weight -= weight;
  --done.held;
  done.settled = true;
  if (done.held == 0) {
    done.set_aside = false;
    done.failed = 0;
    done.refused = false;
  }
  bytes_ -= weight;
  --events_;
  Node& node = nodes_[document.node];
  if (--node.held == 0) {
    node.relaxed = false;
  }
}

void LifeChecker::answered(const Document& document, const Reply& reply, bool probe, bool paused_before,
                           bool paused_after) {
  --out_;
  --nodes_[document.node].out;
  probes_out_ -= probe ? 1 : 0;
  note_gate(reply, probe, paused_before, paused_after);
  if (reply.failure == TransportFailure::none && is_taken(reply.status)) {
    last_accepted_ = clock_.now();
    nodes_[document.node].stuck = false;
    settle(document);
  } else {
    failed(document, reply);
  }
  if (paused_after && !paused_before) {
    no_probe_before_ = clock_.now() + 1s;
  }
}

void LifeChecker::failed(const Document& document, const Reply& reply) {
  State& current = state(document);
  if (current.failed++ == 0) {
    current.first_failed = clock_.now();
  }
  if (reply.failure != TransportFailure::none) {
    return;
  }
  if (is_refusal(reply.status)) {
    current.refused = true;
    checker_.order_yields(document);  // it may stand aside
  }
  if (!is_sick(reply.status)) {
    return;
  }
  Duration wait = reply.wait.value_or(Duration::zero());
  if (reply.date) {
    wait = *reply.date == WallTime::max()
               ? kCeiling
               : std::max(Duration::zero(),
                          Duration(*reply.date - std::chrono::floor<std::chrono::seconds>(clock_.wall_now())));
  }
  held_until_ = std::max(held_until_, clock_.now() + std::min(wait, kCeiling));
}

void LifeChecker::note_gate(const Reply& reply, bool probe, bool paused_before, bool paused_after) {
  if (paused_before && !paused_after) {
    coverage_.hit(probe ? "gate: opened by a probe" : "gate: opened by an answer from before it shut");
  } else if (paused_before && probe) {
    coverage_.hit("gate: probe failed");
  } else if (paused_after && !paused_before) {
    coverage_.hit(reply.failure != TransportFailure::none ? "gate: shut by no answer"
                  : is_same_for_all(reply.status)         ? "gate: shut by an answer that is the same for all"
                                                          : "gate: shut by many failures");
  }
  if ((reply.wait || reply.date) && is_sick(reply.status)) {
    coverage_.hit(paused_after ? "gate: held while shut" : "gate: held while open");
  }
}

void LifeChecker::set_aside(const ports::DeadLetter& letter) {
  const Document* document = store_.find(letter.document_id);
  if (document == nullptr) {
    broken(fmt::format("{} was set aside, which nobody knows", letter.document_id));
    return;
  }
  checker_.order_yields(*document);
  // A letter that could not be stored comes again.
  if (!std::exchange(state(*document).set_aside, true) && !has_cause(*document, letter)) {
    broken(fmt::format("{} was set aside ({}, status {}) without cause", letter.document_id, letter.reason,
                       letter.status));
  }
  if (letter.reason == "exhausted") {
    nodes_[document->node].stuck = true;
  }
}

bool LifeChecker::has_cause(const Document& document, const ports::DeadLetter& letter) {
  const State& known = state(document);
  if (letter.reason == "undecodable") {
    return document.undecodable;
  }
  if (options_.on_exhausted == pipeline::OnExhausted::dead_letter) {
    return known.failed > options_.max_retries;
  }
  if (options_.on_exhausted != pipeline::OnExhausted::isolate || known.failed == 0 || !last_accepted_) {
    return false;
  }
  const bool since_it_failed = *last_accepted_ >= known.first_failed;
  const bool lately = since_it_failed || clock_.now() - *last_accepted_ <= kEvidence;
  if (letter.reason == "refused") {
    return known.refused && lately;
  }
  const bool full = bytes_ >= options_.max_bytes;
  return (since_it_failed && known.failed >= kLeastFailures && (full || known.failed > options_.max_retries)) ||
         (full && lately && nodes_[document.node].stuck);
}

void LifeChecker::drained(const std::optional<ports::Checkpoint>& saved) {
  // While a history is read again the old position is kept; and when a pending event is gone, all is read from there.
  if (!saved || read_again_ || store_.asked_in_vain() > asked_in_vain_ ||
      saved->backfill.state == ports::Backfill::State::running) {
    return;
  }
  const std::uint64_t next = std::stoull(saved->position.token) + 1;
  if (next > states_.size() || !states_[next - 1].settled || states_[next - 1].held != 0) {
    return;
  }
  const auto& ahead = saved->ahead;
  if (!ahead || next > std::stoull(ahead->position.token) ||
      std::ranges::find(ahead->pending, store_.documents()[next - 1].id) != ahead->pending.end()) {
    broken(fmt::format("stopped with doc-{:06} settled and neither the position nor the place ahead behind it", next));
  }
}

}  // namespace exporter::simulation
