#include "simulation/options.h"

#include <fmt/format.h>

namespace exporter::simulation {

using namespace std::chrono_literals;

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Duration Random::between(Duration low, Duration high) {
  return low + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
}

namespace {

// Each fault is off in half of the runs, so that runs with one fault alone are as usual as runs with all of them.
double fault(Random& random, double most) {
  return random.chance(0.5) ? 0.0 : most * static_cast<double>(random.below(1000)) / 1000.0;
}

void draw_world(Random& random, Options& options) {
  options.nodes = static_cast<std::uint32_t>(1 + random.below(random.chance(0.2) ? 1 : random.chance(0.8) ? 12 : 60));
  options.stored_before = static_cast<std::uint32_t>(random.below(60));
  options.inserted = static_cast<std::uint32_t>(1 + random.below(100));
  options.transaction = fault(random, 0.2);
  options.burst = fault(random, 0.1);
  options.undecodable = fault(random, 0.1);
  options.poison = fault(random, 0.1);
  options.stuck = fault(random, 0.05);
  options.ill_node = options.nodes > 1 && random.chance(0.2);
  // Within the margin of healing: ten minutes.
  options.writer_skew = random.chance(0.5) ? 20s : 9min;
  options.history_times = random.chance(0.5);
  options.remembers = random.chance(0.3);
}

void draw_program(Random& random, Options& options) {
  options.workers = static_cast<std::uint32_t>(1 + random.below(random.chance(0.5) ? 3 : 64));
  const std::uint64_t ordering = random.below(10);
  options.ordering = ordering < 4   ? dispatch::Ordering::strict
                     : ordering < 9 ? dispatch::Ordering::node
                                    : dispatch::Ordering::none;
  if (options.ordering == dispatch::Ordering::node) {
    options.relax_after = random.chance(0.5) ? 1 + random.below(12) : 100000;
  } else {
    options.relax_after = 1 + options.seed % 12;  // has no effect
  }
  options.backfill = random.chance(0.6);
  options.max_events = random.chance(0.3) ? 1 + random.below(40) : 1000000;
  options.rate_limit = random.chance(0.2) ? 5 + random.below(50) : 0;
  options.max_retries = static_cast<std::uint32_t>(random.below(6));
  const std::uint64_t policy = random.below(10);
  options.on_exhausted = policy < 6    ? pipeline::OnExhausted::isolate
                         : policy < 8  ? pipeline::OnExhausted::wait
                         : policy == 8 ? pipeline::OnExhausted::dead_letter
                                       : pipeline::OnExhausted::exit;
  options.backoff_cap = random.between(1s, 20s);
  options.max_bytes = random.chance(0.3) ? 1 + random.below(5000) : Options::kPlenty;
}

void draw_faults(Random& random, Options& options) {
  options.kill = fault(random, 0.01);
  options.stop = fault(random, 0.01);
  options.read_error = fault(random, 0.2);
  options.save_error = fault(random, 0.3);
  options.save_answer_lost = fault(random, 0.2);
  options.letter_error = fault(random, 0.5);
  options.letter_answer_lost = fault(random, 0.3);
  options.request_lost = fault(random, 0.1);
  options.answer_lost = fault(random, 0.2);
  options.answer_late = fault(random, 0.1);
  options.answer_doubled = fault(random, 0.2);
  options.status = fault(random, 0.4);
  options.retry_after = fault(random, 0.3);
  options.illnesses = random.chance(0.5) ? 0 : static_cast<std::uint32_t>(1 + random.below(3));
  options.slow = fault(random, 0.5);
  options.token_revoked = fault(random, 0.02);
  options.token_error = fault(random, 0.5);
  options.position_lost = fault(random, 0.002);
  options.trimmed_healing = fault(random, 0.5);
  options.retention = fault(random, 0.005);
  options.clock_jump = fault(random, 0.02);
  options.writer_jump = fault(random, 0.02);
}

}  // namespace

Options draw_options(std::uint64_t seed) {
  Random random(seed * 2 + 1);
  Options options;
  options.seed = seed;
  draw_world(random, options);
  draw_program(random, options);
  draw_faults(random, options);
  options.unwanted = fault(random, 0.6);
  if (options.on_exhausted == pipeline::OnExhausted::exit) {
    // What the sink never takes would end the program again and again, in the well world too.
    options.poison = 0;
    options.stuck = 0;
    options.ill_node = false;
  }
  if (options.waits_for_ever()) {
    // Events that never go away hold their bytes: with few of them nothing else would be read.
    options.max_bytes = Options::kPlenty;
  }
  return options;
}

std::string describe(const Options& o) {
  std::string text = fmt::format(
      "seed={} nodes={} stored_before={} inserted={} transaction={} burst={} undecodable={} unwanted={} poison={} "
      "stuck={} "
      "ill_node={} writer_skew={}s history_times={} remembers={}",
      o.seed, o.nodes, o.stored_before, o.inserted, o.transaction, o.burst, o.undecodable, o.unwanted, o.poison,
      o.stuck, o.ill_node, o.writer_skew / 1s, o.history_times, o.remembers);
  text += fmt::format(
      "\nworkers={} ordering={} relax_after={} backfill={} max_events={} rate_limit={} max_retries={} "
      "on_exhausted={} backoff_cap={}ms max_bytes={}",
      o.workers, static_cast<int>(o.ordering), o.relax_after, o.backfill, o.max_events, o.rate_limit, o.max_retries,
      static_cast<int>(o.on_exhausted), o.backoff_cap / 1ms, o.max_bytes);
  text += fmt::format(
      "\nkill={} stop={} read_error={} save_error={} save_answer_lost={} letter_error={} letter_answer_lost={} "
      "request_lost={} answer_lost={} answer_late={} answer_doubled={} status={} retry_after={} illnesses={} slow={} "
      "token_revoked={} token_error={} position_lost={} trimmed_healing={} retention={} clock_jump={} writer_jump={}",
      o.kill, o.stop, o.read_error, o.save_error, o.save_answer_lost, o.letter_error, o.letter_answer_lost,
      o.request_lost, o.answer_lost, o.answer_late, o.answer_doubled, o.status, o.retry_after, o.illnesses, o.slow,
      o.token_revoked, o.token_error, o.position_lost, o.trimmed_healing, o.retention, o.clock_jump, o.writer_jump);
  return text;
}

}  // namespace exporter::simulation
