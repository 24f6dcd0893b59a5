#include "simulation/options.h"

#include <fmt/format.h>

namespace exporter::simulation {

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

// Each fault is off in half of the runs, so that runs with one fault alone are as usual as runs with all of them.
Options draw_options(std::uint64_t seed) {
  Random random(seed * 2 + 1);
  const auto fault = [&](double most) {
    return random.chance(0.5) ? 0.0 : most * static_cast<double>(random.below(1000)) / 1000.0;
  };
  Options options;
  options.seed = seed;
  options.nodes = static_cast<std::uint32_t>(1 + random.below(random.chance(0.2) ? 1 : 12));
  options.stored_before = static_cast<std::uint32_t>(random.below(60));
  options.inserted = static_cast<std::uint32_t>(1 + random.below(120));
  options.undecodable = fault(0.1);
  options.poison = fault(0.1);
  options.workers = static_cast<std::uint32_t>(1 + random.below(random.chance(0.5) ? 3 : 20));
  options.strict = random.chance(0.5);
  options.backfill = random.chance(0.6);
  options.max_events = random.chance(0.3) ? 1 + random.below(40) : 1000000;
  options.max_retries = static_cast<std::uint32_t>(random.below(6));
  options.max_bytes = random.chance(0.3) ? 1 + random.below(5000) : 1 << 20;
  options.kill = fault(0.01);
  options.read_error = fault(0.2);
  options.save_error = fault(0.3);
  options.save_answer_lost = fault(0.2);
  options.letter_error = fault(0.5);
  options.request_lost = fault(0.1);
  options.answer_lost = fault(0.2);
  options.answer_doubled = fault(0.2);
  options.answer_late = fault(0.1);
  options.sink_503 = fault(0.4);
  options.sink_429 = fault(0.2);
  options.sink_404 = fault(0.2);
  options.token_revoked = fault(0.02);
  options.token_error = fault(0.5);
  options.position_lost = fault(0.005);
  options.clock_jump = fault(0.02);
  return options;
}

std::string describe(const Options& o) {
  return fmt::format(
      "seed={} nodes={} stored_before={} inserted={} undecodable={} poison={} workers={} strict={} backfill={} "
      "max_events={} max_retries={} max_bytes={} kill={} read_error={} save_error={} save_answer_lost={} "
      "letter_error={} request_lost={} answer_lost={} answer_doubled={} answer_late={} sink_503={} sink_429={} "
      "sink_404={} token_revoked={} token_error={} position_lost={} clock_jump={}",
      o.seed, o.nodes, o.stored_before, o.inserted, o.undecodable, o.poison, o.workers, o.strict, o.backfill,
      o.max_events, o.max_retries, o.max_bytes, o.kill, o.read_error, o.save_error, o.save_answer_lost, o.letter_error,
      o.request_lost, o.answer_lost, o.answer_doubled, o.answer_late, o.sink_503, o.sink_429, o.sink_404,
      o.token_revoked, o.token_error, o.position_lost, o.clock_jump);
}

}  // namespace exporter::simulation
