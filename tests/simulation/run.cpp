// simulation_run [--seeds N] [--first S] [--jobs J] [--trace 1]: runs N seeds from S on, J at a time; prints what the seeds
// reached. Exits 1 when a seed breaks a promise, with the seed and everything it expanded to (of several, the lowest);
// 3 when there were seeds enough (kEnough) and a state that must be reached was not. One seed replays exactly:
// --first S --seeds 1; --trace 1 prints what happens in it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>

#include "simulation/simulation.h"

namespace {

using namespace exporter::simulation;

constexpr std::uint64_t kEnough = 2000;

thread_local std::uint64_t seed_now = 0;

// A broken invariant aborts; the seed is worth knowing then.
void name_the_seed(int signal) {
  char text[] = "while it ran seed 00000000000000000000\n";
  char* digit = text + sizeof(text) - 3;
  for (std::uint64_t left = seed_now; left > 0; left /= 10) {
    *digit-- = static_cast<char>('0' + left % 10);
  }
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, sizeof(text) - 1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Arguments {
  std::uint64_t seeds = 5000;
  std::uint64_t first = 1;
  std::uint64_t trace = 0;
  std::uint64_t jobs = std::max(1U, std::thread::hardware_concurrency());
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    std::uint64_t* const value = name == "--seeds"   ? &arguments.seeds
                                 : name == "--first" ? &arguments.first
                                 : name == "--trace" ? &arguments.trace
                                 : name == "--jobs"  ? &arguments.jobs
                                                     : nullptr;
    if (value == nullptr || i + 1 == argc) {
      return std::nullopt;
    }
    *value = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return arguments.jobs > 0 ? std::optional(arguments) : std::nullopt;
}

// One worker's share.
struct Share {
  Coverage coverage;
  std::uint64_t steps = 0;
  exporter::Duration virtual_time{};
  std::uint64_t broken_seed = 0;
  std::string violation;
};

void work(const Arguments& arguments, std::atomic<std::uint64_t>& next, std::atomic<bool>& broken, Share& share) {
  const std::uint64_t end = arguments.first + arguments.seeds;
  for (std::uint64_t seed = next++; seed < end && !broken; seed = next++) {
    seed_now = seed;
    const Outcome outcome = simulate(draw_options(seed), share.coverage, arguments.trace != 0);
    share.steps += outcome.steps;
    share.virtual_time += outcome.virtual_time;
    if (outcome.violation) {
      share.broken_seed = seed;
      share.violation = *outcome.violation;
      broken = true;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "usage: {} [--seeds N] [--first S] [--jobs J] [--trace 1]\n", argv[0]);
    return 2;
  }
  std::signal(SIGABRT, name_the_seed);
  const auto began = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> next = arguments->first;
  std::atomic<bool> broken = false;
  std::vector<Share> shares(arguments->jobs);
  {
    std::vector<std::jthread> workers;
    for (Share& share : shares) {
      workers.emplace_back([&] { work(*arguments, next, broken, share); });
    }
  }
  Share all;
  for (const Share& share : shares) {
    all.coverage.add(share.coverage);
    all.steps += share.steps;
    all.virtual_time += share.virtual_time;
    if (share.broken_seed != 0 && (all.broken_seed == 0 || share.broken_seed < all.broken_seed)) {
      all.broken_seed = share.broken_seed;
      all.violation = share.violation;
    }
  }
  if (broken) {
    fmt::print("seed {} breaks a promise: {}\n{}\n", all.broken_seed, all.violation,
               describe(draw_options(all.broken_seed)));
    return 1;
  }
  fmt::print("what the seeds reached:\n{}", all.coverage.table());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} seeds, {} steps, {} simulated hours in {:.1f} s: all promises held\n", arguments->seeds, all.steps,
             std::chrono::duration_cast<std::chrono::hours>(all.virtual_time).count(), took.count());
  const auto missing = all.coverage.missing();
  if (arguments->seeds < kEnough || missing.empty()) {
    return 0;
  }
  for (const std::string_view row : missing) {
    fmt::print("never reached: {}\n", row);
  }
  return 3;
}
