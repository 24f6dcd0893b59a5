// The promises, held against what the simulated sink and datastore really saw. Knows nothing of the program's insides.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulation/world.h"

namespace exporter::simulation {

class Checker {
 public:
  Checker(const Options& options, const Datastore& store, const Sink& sink);

  // The program took its first position: what was stored before it and is not in the planned history is out of scope.
  void first_started(const ports::Checkpoint& first);
  // A checkpoint became durable.
  void saved(const ports::Checkpoint& checkpoint);
  void accepted(const std::string& event_id);
  void dead_lettered(const ports::DeadLetter& letter);
  void in_flight(std::size_t requests, const std::map<std::string, int>& by_node);
  void history_lost() { ordered_ = false; }
  // After the liveness phase: everything in scope has arrived or was set aside.
  void finished(const std::optional<ports::Checkpoint>& checkpoint, std::size_t unsettled);

  // What was broken first; nothing when all is well.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  [[nodiscard]] std::string event_id_of(const std::string& document_id);

 private:
  void broken(std::string what);
  [[nodiscard]] bool done_with(const Document& document);

  const Options& options_;
  const Datastore& store_;
  const Sink& sink_;
  transform::EventIds ids_;
  std::map<std::string, std::string> id_of_;      // document -> event
  std::map<std::string, const Document*> by_id_;  // event -> document
  std::set<std::string> out_of_scope_;            // documents
  std::uint64_t stream_from_ = 0;                 // documents after this one come by the stream
  std::uint64_t highest_position_ = 0;
  std::map<std::string, std::uint64_t> newest_of_node_;
  std::set<std::string> seen_;
  bool ordered_ = true;
  std::optional<std::string> violation_;
};

}  // namespace exporter::simulation
