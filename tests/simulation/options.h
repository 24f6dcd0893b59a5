// One simulated run: every number in it is drawn from the seed, so a seed says everything.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "pipeline/heart.h"

namespace exporter::simulation {

// splitmix64: the same everywhere, unlike the standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 <= result < bound; bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(double probability) {
    return probability > 0 && static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
  }
  Duration between(Duration low, Duration high);

 private:
  std::uint64_t state_;
};

struct Options {
  std::uint64_t seed = 0;
  // The world.
  std::uint32_t nodes = 1;
  std::uint32_t stored_before = 0;  // documents before the first start
  std::uint32_t inserted = 0;       // commits while running
  double transaction = 0;           // share of commits that are transactions of several documents, begun earlier
  double burst = 0;                 // share of commits that are bursts of one node
  double undecodable = 0;           // share of documents
  double unwanted = 0;              // share of documents that the filter holds back
  double poison = 0;                // share of documents that the sink always refuses
  double stuck = 0;                 // share of documents that the sink always answers 5xx or not at all
  bool ill_node = false;            // the same for all documents of one node
  Duration writer_skew{};           // how wrong a node's clock is at most
  bool history_times = false;       // the history's marks carry the writers' times, as MongoDB's do
  bool remembers = false;           // the sink answers 409 to what it has already
  // The program.
  std::uint32_t workers = 1;
  dispatch::Ordering ordering = dispatch::Ordering::node;
  std::size_t relax_after = 100000;  // counts with Ordering::node only
  bool backfill = false;
  std::uint64_t max_events = 0;
  std::uint64_t rate_limit = 0;
  std::uint32_t max_retries = 0;
  pipeline::OnExhausted on_exhausted = pipeline::OnExhausted::isolate;
  Duration backoff_cap{};
  std::size_t max_bytes = 0;
  // Faults, as probabilities a step or an exchange, during the first phase.
  double kill = 0;
  double stop = 0;
  double read_error = 0;
  double save_error = 0;        // not written, and reported so
  double save_answer_lost = 0;  // written, but reported as failed
  double letter_error = 0;
  double letter_answer_lost = 0;
  double request_lost = 0;  // never reaches the sink
  double answer_lost = 0;   // taken by the sink, but the answer is lost
  double answer_late = 0;   // taken by the sink after the time-out
  double answer_doubled = 0;
  double status = 0;            // some answer of the error table that is not the event's fault
  double retry_after = 0;       // such an answer, or a 503 of a sink that is ill, asks to wait
  std::uint32_t illnesses = 0;  // stretches of time in which the whole sink is ill
  double slow = 0;              // of the time
  double token_revoked = 0;
  double token_error = 0;
  double position_lost = 0;    // the change log is trimmed
  double trimmed_healing = 0;  // and trimmed again while the history is read
  double retention = 0;        // the oldest documents are deleted
  double clock_jump = 0;       // of the wall clock, hours either way
  double writer_jump = 0;      // of a node's clock, within writer_skew

  // What the sink never takes is never given up, and stops its node.
  [[nodiscard]] bool waits_for_ever() const { return on_exhausted == pipeline::OnExhausted::wait; }
  // Events that are never taken may fill all the bytes, so that nothing can show whether others are.
  [[nodiscard]] bool may_stall() const {
    return max_bytes < kPlenty && on_exhausted == pipeline::OnExhausted::isolate && (stuck > 0 || ill_node);
  }
  static constexpr std::size_t kPlenty = 1 << 20;  // bytes: more than all events of a run
};

Options draw_options(std::uint64_t seed);
std::string describe(const Options& options);

}  // namespace exporter::simulation
