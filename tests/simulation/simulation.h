// One seed, one run: faults at random everywhere while nothing may be lost, disordered or moved backwards (safety),
// then a world that is well again, in which everything must drain within a bounded time (liveness).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulation/coverage.h"
#include "simulation/options.h"

namespace exporter::simulation {

struct Outcome {
  std::optional<std::string> violation;
  std::uint64_t steps = 0;
  Duration virtual_time{};
};

// Adds to `coverage` what the run reached. `trace`: prints what happens.
Outcome simulate(const Options& options, Coverage& coverage, bool trace = false);

}  // namespace exporter::simulation
