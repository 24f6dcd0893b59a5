// One seed, one run: faults at random everywhere while nothing may be lost, disordered or moved backwards (safety),
// then a world that is well again, in which everything must drain within a bounded time (liveness).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "simulation/options.h"

namespace exporter::simulation {

struct Outcome {
  std::optional<std::string> violation;
  std::map<std::string, std::uint64_t> counts;  // what happened
  std::uint64_t steps = 0;
  Duration virtual_time{};
};

Outcome simulate(const Options& options);

}  // namespace exporter::simulation
