// One life of the program, from start to death: the real Reader and the real Heart, driven by the scheduler in place of
// threads and sockets. What it asked the world for may still happen after its death; its answers are then lost.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/json_decoder.h"
#include "pipeline/heart.h"
#include "pipeline/reader.h"
#include "simulation/checker.h"
#include "simulation/coverage.h"
#include "simulation/datastore.h"
#include "simulation/life_checker.h"
#include "simulation/sink.h"
#include "simulation/violation.h"
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
  Coverage& coverage;
  Violation& violation;
  bool trace = false;
  bool well = false;  // no more faults

  // Whether this fault happens now; counts it.
  [[nodiscard]] bool fault(double probability, std::string_view name) const;
  // A line of the trace, when one is wanted.
  void say(std::string_view what, std::string_view subject = {}, std::int64_t number = 0) const;
};

class Process : public std::enable_shared_from_this<Process> {
 public:
  explicit Process(World& world);

  void boot();
  void kill() { alive_ = false; }
  // SIGTERM: drains for so long, then ends.
  void stop(Duration drain_timeout);

  [[nodiscard]] bool running() const { return alive_ && heart_ && !stopping_; }
  // Killed, drained, or given up.
  [[nodiscard]] bool ended() const { return !alive_; }
  [[nodiscard]] bool in_history() const { return reader_.in_history(); }
  [[nodiscard]] std::size_t unsettled() const { return heart_ ? heart_->status().events + queue_.size() : 1; }

 private:
  struct Attempt {
    event::Ticket ticket;
    const Document* document = nullptr;  // nullptr: none in flight in this slot
    std::uint64_t number = 0;
    bool probe = false;
  };

  // Schedules `what` unless this process has died by then.
  template <class What>
  void later(Duration delay, What what) {
    world_.scheduler.after(delay, [self = shared_from_this(), what = std::move(what)] {
      if (self->alive_) {
        what();
      }
    });
  }
  void start(const ports::Checkpoint& saved);
  bool write_checkpoint(const ports::Checkpoint& checkpoint);
  void read();
  void read_later(Duration delay);
  void pump();
  void carry_out();
  void note(const pipeline::Notice& notice);
  void arm();
  void send(event::Ticket ticket);
  void arrive_at_sink(const Attempt& attempt, std::uint64_t generation, bool lost);
  void reply_after(Duration delay, const Attempt& attempt, Reply reply);
  void answer(const Attempt& attempt, const Reply& reply);
  void answer_again(const event::Answer& answer);
  void save(const ports::Checkpoint& checkpoint);
  void put(event::Ticket ticket, const ports::DeadLetter& letter);
  void fetch_token();
  void cut_off();
  void end_if_drained();

  World& world_;
  decode::JsonDecoder decoder_;
  transform::CloudEventWriter writer_;
  transform::EventIds ids_;
  pipeline::Preparer preparer_;
  pipeline::Reader reader_;
  LifeChecker checker_;
  std::optional<pipeline::Heart> heart_;
  std::deque<event::PreparedBatch> queue_;
  std::vector<Attempt> in_flight_;  // by ticket slot
  std::uint64_t attempts_ = 0;
  std::uint64_t reads_ = 0;  // names the read that is scheduled
  bool idle_ = false;        // the read that is scheduled waits for an insert
  bool held_back_ = false;   // none is scheduled: the queue is full
  std::uint64_t generation_ = 0;
  bool fetching_ = false;
  bool paused_ = false;
  MonoTime armed_ = kNever;
  std::uint64_t arm_version_ = 0;
  bool stopping_ = false;
  bool alive_ = true;
};

}  // namespace exporter::simulation
