// One simulated run: every number in it is drawn from the seed, so a seed says everything.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace exporter::simulation {

// splitmix64: the same everywhere, unlike the standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 <= result < bound; bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }
  Duration between(Duration low, Duration high);

 private:
  std::uint64_t state_;
};

struct Options {
  std::uint64_t seed = 0;
  // The world.
  std::uint32_t nodes = 1;
  std::uint32_t stored_before = 0;  // documents before the first start
  std::uint32_t inserted = 0;       // documents while running
  double undecodable = 0;           // share of documents
  double poison = 0;                // share of documents that the sink always answers 400
  // The program.
  std::uint32_t workers = 1;
  bool strict = false;
  bool backfill = false;
  std::uint64_t max_events = 0;
  std::uint32_t max_retries = 0;
  std::size_t max_bytes = 0;
  // Faults, as probabilities a step, during the first phase.
  double kill = 0;
  double read_error = 0;
  double save_error = 0;        // not written, and reported so
  double save_answer_lost = 0;  // written, but reported as failed
  double letter_error = 0;
  double request_lost = 0;  // never reaches the sink
  double answer_lost = 0;   // taken by the sink, but the answer is lost
  double answer_doubled = 0;
  double answer_late = 0;
  double sink_503 = 0;
  double sink_429 = 0;
  double sink_404 = 0;
  double token_revoked = 0;
  double token_error = 0;
  double position_lost = 0;  // the change log is trimmed
  double clock_jump = 0;     // of the wall clock, hours either way
};

Options draw_options(std::uint64_t seed);
std::string describe(const Options& options);

}  // namespace exporter::simulation
