// One life of the program, from start to death: the real Reader and the real Heart, driven by the scheduler in place of
// threads and sockets. What it asked the world for may still happen after its death; its answers are then lost.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "decode/json_decoder.h"
#include "pipeline/heart.h"
#include "pipeline/reader.h"
#include "simulation/checker.h"
#include "simulation/world.h"

namespace exporter::simulation {

// What all lives share.
struct World {
  const Options& options;
  Random& random;
  SimClock& clock;
  Scheduler& scheduler;
  Datastore& store;
  Sink& sink;
  Checker& checker;
  std::map<std::string, std::uint64_t>& counts;  // what happened, for the coverage
  bool well = false;                             // no more faults

  [[nodiscard]] bool fault(double probability) const { return !well && random.chance(probability); }
};

class Process : public std::enable_shared_from_this<Process> {
 public:
  explicit Process(World& world);

  void boot();
  void kill() { alive_ = false; }
  [[nodiscard]] std::size_t unsettled() const { return heart_ ? heart_->status().events + queue_.size() : 1; }

 private:
  // Schedules `what` unless this process has died by then.
  void later(Duration delay, std::function<void()> what);
  void start(const ports::Checkpoint& saved);
  bool write_checkpoint(const ports::Checkpoint& checkpoint);
  void read();
  void pump();
  void carry_out();
  void arm();
  void send(event::Ticket ticket);
  void arrive_at_sink(const std::string& body, std::uint64_t generation, std::function<void(int)> answer);
  void answer(event::Ticket ticket, int status, event::TransportFailure failure);
  void save(const ports::Checkpoint& checkpoint);
  void put(event::Ticket ticket, const ports::DeadLetter& letter);
  void fetch_token();

  World& world_;
  decode::JsonDecoder decoder_;
  transform::CloudEventWriter writer_;
  transform::EventIds ids_;
  pipeline::Preparer preparer_;
  pipeline::Reader reader_;
  std::optional<pipeline::Heart> heart_;
  std::deque<event::PreparedBatch> queue_;
  std::map<std::uint32_t, std::string> node_in_flight_;  // by ticket slot
  std::uint64_t generation_ = 0;
  bool fetching_ = false;
  MonoTime armed_ = kNever;
  std::uint64_t arm_version_ = 0;
  bool alive_ = true;
};

}  // namespace exporter::simulation
