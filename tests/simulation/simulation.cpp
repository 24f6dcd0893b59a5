#include "simulation/simulation.h"

#include <memory>

#include "simulation/process.h"

namespace exporter::simulation {

using namespace std::chrono_literals;

namespace {

// All retries are capped at 20 s and all waits of the world are shorter; ten minutes are plenty.
constexpr Duration kFaults = 60s;
constexpr Duration kWell = 10min;

}  // namespace

Outcome simulate(const Options& options) {
  Outcome outcome;
  Random random(options.seed);
  SimClock clock;
  Scheduler scheduler(clock);
  Datastore store(options, random, clock);
  Sink sink;
  Checker checker(options, store, sink);
  World world{options, random, clock, scheduler, store, sink, checker, outcome.counts};

  for (std::uint32_t i = 0; i < options.stored_before; ++i) {
    store.insert();
  }
  for (std::uint32_t i = 0; i < options.inserted; ++i) {
    scheduler.at(MonoTime(random.between(0s, kFaults)), [&store] { store.insert(); });
  }
  // One more when all is well, so that a sink which has refused everything so far has something to accept.
  scheduler.at(MonoTime(kFaults + 1s), [&] {
    while (true) {
      store.insert();
      if (!store.documents().back().poison && !store.documents().back().undecodable) {
        return;
      }
    }
  });
  auto process = std::make_shared<Process>(world);
  process->boot();

  while (scheduler.step(MonoTime(kFaults)) && !checker.violation()) {
    ++outcome.steps;
    if (random.chance(options.kill)) {
      ++outcome.counts["killed"];
      process->kill();
      process = std::make_shared<Process>(world);
      scheduler.after(random.between(1ms, 3s), [process] { process->boot(); });
    }
    if (random.chance(options.position_lost * 0.1)) {
      ++outcome.counts["change log trimmed"];
      store.trim();
    }
    if (random.chance(options.token_revoked)) {
      ++sink.valid_from;
    }
    if (random.chance(options.clock_jump)) {
      clock.jump(random.between(-10h, 10h));
    }
  }
  world.well = true;
  store.be_well();
  while (!checker.violation() && scheduler.step(MonoTime(kFaults + kWell))) {
    ++outcome.steps;
  }
  if (!checker.violation()) {
    checker.finished(store.checkpoint, process->unsettled());
  }
  outcome.violation = checker.violation();
  outcome.virtual_time = clock.now().time_since_epoch();
  return outcome;
}

}  // namespace exporter::simulation
