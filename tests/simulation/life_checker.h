// The promises that one life of the program keeps: what it holds, what it sends, how often, and what it sets aside.
//
// Told from outside: what was read, sent and answered. Of the program's own state it takes one thing on trust, whether
// it says that the sink is paused, because that is what is shown to people.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "event/prepared_event.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "simulation/checker.h"
#include "simulation/coverage.h"
#include "simulation/datastore.h"
#include "simulation/options.h"
#include "simulation/sink.h"
#include "simulation/violation.h"
#include "simulation/world.h"

namespace exporter::simulation {

class LifeChecker {
 public:
  LifeChecker(const Options& options, const SimClock& clock, const Datastore& store, const Sink& sink, Checker& checker,
              Coverage& coverage, Violation& violation);

  void started(const ports::Checkpoint& saved);
  void history_read_again() { read_again_ = true; }
  void arrived(const event::PreparedBatch& batch);
  // True: sent to find out whether the sink is well again.
  bool sent(const Document& document, bool paused);
  void answered(const Document& document, const Reply& reply, bool probe, bool paused_before, bool paused_after);
  void set_aside(const ports::DeadLetter& letter);
  void letter_stored(const Document& document) { settle(document); }
  void stopping() { stopping_ = true; }
  // It says that all is saved.
  void drained(const std::optional<ports::Checkpoint>& saved);

 private:
  struct State {
    std::uint32_t held = 0;  // copies
    std::size_t weight = 0;  // of all
    bool settled = false;
    bool set_aside = false;
    bool refused = false;
    std::uint32_t failed = 0;  // attempts
    MonoTime first_failed{};
  };
  struct Node {
    std::uint32_t held = 0;
    std::uint32_t out = 0;
    bool relaxed = false;
    bool stuck = false;  // one of its events was set aside, none was taken since
  };
  State& state(const Document& document);
  void settle(const Document& document);
  void relax(std::uint32_t node);
  void failed(const Document& document, const Reply& reply);
  void note_gate(const Reply& reply, bool probe, bool paused_before, bool paused_after);
  void check_rate();
  [[nodiscard]] bool has_cause(const Document& document, const ports::DeadLetter& letter);
  void broken(std::string what);

  const Options& options_;
  const SimClock& clock_;
  const Datastore& store_;
  const Sink& sink_;
  Checker& checker_;
  Coverage& coverage_;
  Violation& violation_;
  std::vector<State> states_;  // by document
  std::vector<Node> nodes_;
  MonoTime born_{};
  std::uint64_t position_ = 0;
  std::optional<Cursor> cursor_;
  bool read_again_ = false;
  std::uint64_t asked_in_vain_ = 0;  // before this life
  bool stopping_ = false;
  std::size_t bytes_ = 0;
  bool was_full_ = false;  // of bytes, once
  std::uint32_t events_ = 0;
  std::uint32_t out_ = 0;
  std::uint32_t probes_out_ = 0;
  std::optional<MonoTime> last_accepted_;
  MonoTime no_probe_before_{};
  MonoTime held_until_{};
  MonoTime outage_since_{};
  std::uint64_t outage_sends_ = 0;
  std::uint64_t outage_arrivals_ = 0;
};

}  // namespace exporter::simulation
