#include "simulation/simulation.h"

#include <algorithm>
#include <memory>

#include "simulation/process.h"

namespace exporter::simulation {

using namespace std::chrono_literals;

namespace {

constexpr MonoTime kFaultsEnd = MonoTime(60s);
// Retry-After is obeyed for five minutes at most, and every other wait is shorter. An event that is never taken fails six
// times, among them one before others are accepted, and all of one node may be such.
constexpr MonoTime kEnd = kFaultsEnd + 7min;
constexpr Duration kIllNode = 20min;
constexpr Duration kEvidenceEvery = 5s;

// What befalls the program from outside, at any step.
class Fate {
 public:
  Fate(World& world, std::shared_ptr<Process>& process) : world_(world), process_(process) {}

  void strike() {
    const Options& options = world_.options;
    if (!process_->ended() && world_.fault(options.kill, "fault: kill")) {
      process_->kill();
    }
    if (process_->running() && world_.fault(options.stop, "fault: stop")) {
      process_->stop(world_.random.between(0s, 5s));
    }
    if (world_.fault(options.position_lost, "fault: change log trimmed")) {
      const bool healing = process_->in_history();
      world_.store.trim();
      if (healing) {
        world_.coverage.hit("reader: lost again while the history was read");
      }
    }
    if (world_.fault(options.retention, "fault: retention")) {
      world_.store.expire(1 + world_.random.below(10));
    }
    if (world_.fault(options.token_revoked, "fault: token revoked")) {
      world_.sink.revoke_tokens();
    }
    if (world_.fault(options.clock_jump, "fault: our clock jumps")) {
      world_.clock.jump(world_.random.between(-10h, 10h));
    }
    if (world_.fault(options.writer_jump, "fault: a writer's clock jumps")) {
      world_.store.writer_jumps();
    }
  }

  // The supervisor starts what has ended again.
  void restart_if_ended() {
    if (process_->ended()) {
      world_.checker.restarted();
      process_ = std::make_shared<Process>(world_);
      world_.scheduler.after(world_.random.between(1ms, 3s), [process = process_] { process->boot(); });
    }
  }

 private:
  World& world_;
  std::shared_ptr<Process>& process_;
};

void insert_until_complete(World& world) {
  world.store.insert_good();
  world.scheduler.after(kEvidenceEvery, [&world] { insert_until_complete(world); });
}

}  // namespace

Outcome simulate(const Options& options, Coverage& coverage, bool trace) {
  Outcome outcome;
  Random random(options.seed);
  SimClock clock;
  Scheduler scheduler(clock);
  Violation violation;
  Datastore store(options, random, clock, coverage);
  Sink sink(options, random, clock, coverage);
  Checker checker(options, store, sink, coverage, violation);
  World world{options, random, clock, scheduler, store, sink, checker, coverage, violation, trace};

  while (store.documents().size() < options.stored_before) {
    store.commit();
  }
  for (std::uint32_t i = 0; i < options.inserted; ++i) {
    scheduler.at(MonoTime(random.between(0s, kFaultsEnd.time_since_epoch())), [&store] { store.commit(); });
  }
  auto process = std::make_shared<Process>(world);
  process->boot();
  Fate fate(world, process);

  while (scheduler.step(kFaultsEnd) && !violation.first()) {
    ++outcome.steps;
    fate.strike();
    fate.restart_if_ended();
  }
  world.well = true;
  store.be_well();
  sink.be_well();
  // Some more as long as something is missing: evidence against events that are never taken.
  scheduler.after(1s, [&] { insert_until_complete(world); });
  while (!violation.first() && scheduler.step(kEnd + (options.ill_node ? kIllNode : 0s))) {
    ++outcome.steps;
    fate.restart_if_ended();
    if (clock.now() > kFaultsEnd + 2s && checker.complete(store.checkpoint)) {
      break;
    }
  }
  if (!violation.first() && !options.may_stall()) {
    checker.finished(store.checkpoint, process->unsettled());
  }
  coverage.end_run();
  outcome.violation = violation.first();
  outcome.virtual_time = clock.now().time_since_epoch();
  return outcome;
}

}  // namespace exporter::simulation
