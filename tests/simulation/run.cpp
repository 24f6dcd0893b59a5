// simulation_run [--seeds N] [--first S]: runs N seeds from S on; prints what the seeds reached; exits 1 at the first
// seed that breaks a promise, with the seed and everything it expanded to. One seed replays exactly: --first S --seeds
// 1.
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include <fmt/format.h>

#include "simulation/simulation.h"

int main(int argc, char** argv) {
  using namespace exporter::simulation;
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seeds") == 0) {
      seeds = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (std::strcmp(argv[i], "--first") == 0) {
      first = std::strtoull(argv[i + 1], nullptr, 10);
    } else {
      fmt::print(stderr, "usage: {} [--seeds N] [--first S]\n", argv[0]);
      return 2;
    }
  }
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t steps = 0;
  exporter::Duration virtual_time{};
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Options options = draw_options(seed);
    const Outcome outcome = simulate(options);
    if (outcome.violation) {
      fmt::print("seed {} breaks a promise: {}\n{}\n", seed, *outcome.violation, describe(options));
      return 1;
    }
    for (const auto& [what, count] : outcome.counts) {
      counts[what] += count;
    }
    steps += outcome.steps;
    virtual_time += outcome.virtual_time;
  }
  fmt::print("what the seeds reached:\n");
  for (const auto& [what, count] : counts) {
    fmt::print("  {:45} {:>12}\n", what, count);
  }
  fmt::print("{} seeds, {} steps, {} simulated hours: all promises held\n", seeds, steps,
             std::chrono::duration_cast<std::chrono::hours>(virtual_time).count());
  return 0;
}
