// The promises that outlive a process, held against what the simulated sink and datastore really saw. Knows nothing of
// the program's insides.
//
// Every check costs the same however many documents there are: what is done with never becomes undone, so one pointer
// to the oldest that is not says all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "simulation/coverage.h"
#include "simulation/datastore.h"
#include "simulation/options.h"
#include "simulation/sink.h"
#include "simulation/violation.h"

namespace exporter::simulation {

class Checker {
 public:
  Checker(const Options& options, const Datastore& store, const Sink& sink, Coverage& coverage, Violation& violation);

  // The program took its first position: what was stored before it and is not in the planned history is out of scope.
  void first_started(const ports::Checkpoint& first);
  // A checkpoint became durable.
  void saved(const ports::Checkpoint& checkpoint);
  // The sink took an event; nullptr: one that nobody knows.
  void accepted(const Document* document);

  // What may happen now that must not happen otherwise.
  void restarted() { repeats_ = true; }
  void history_read_again();
  void answer_lost(const Document& document) { state(document).repeats = true; }
  void order_yields(const Document& document) { state(document).unordered = true; }

  // Everything that must arrive in a world that is well has arrived, and the position says so.
  [[nodiscard]] bool complete(const std::optional<ports::Checkpoint>& checkpoint);
  // After the liveness phase: says what is missing for complete().
  void finished(const std::optional<ports::Checkpoint>& checkpoint, std::size_t unsettled);

 private:
  struct State {
    bool out_of_scope = false;
    bool repeats = false;    // the sink may see it again
    bool unordered = false;  // later ones of its node may have been taken before
  };
  State& state(const Document& document);
  [[nodiscard]] bool done_with(const Document& document);
  // Never taken, or behind one of its node that never is.
  [[nodiscard]] bool stays(const Document& document) const;
  [[nodiscard]] bool some_stay() const;
  std::uint64_t oldest_undone();
  // The oldest that is not done with and has no reason to stay; 0 when there is none.
  std::uint64_t oldest_missing();

  const Options& options_;
  const Datastore& store_;
  const Sink& sink_;
  Coverage& coverage_;
  Violation& violation_;
  std::vector<State> states_;       // by document
  std::uint64_t undone_ = 1;        // all before this one are done with
  std::uint64_t missing_ = 1;       // all before this one are done with or stay
  std::uint64_t ordered_from_ = 0;  // documents after this one come by the stream, the others by the history
  std::uint64_t highest_position_ = 0;
  std::vector<std::uint64_t> newest_of_node_;
  bool repeats_ = false;  // whatever the document
};

}  // namespace exporter::simulation
