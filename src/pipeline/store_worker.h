// The store thread: blocking writes to the datastore, off the loop.
//
// The loop hands requests over and gets answers back as events on the reactor. A save never waits behind dead letters,
// and there is never more than one save waiting: the heart asks for the next one when the last was answered. Dead
// letters waiting are bounded by the heart, which holds their events until they are answered. Counting them waits for all
// else, and so does measuring the headroom.
// Thread-safety: save(), put(), count() and measure() from any thread; run() is the thread itself.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "event/answer.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/reactor.h"
#include "ports/retention.h"

namespace exporter::pipeline {

class StoreWorker {
 public:
  struct Handlers {  // called on the reactor's thread
    std::function<void(Result<void>)> saved;
    std::function<void(event::Ticket, Result<void>)> dead_lettered;
    std::function<void(Result<std::uint64_t>)> counted;
    std::function<void(Result<std::optional<Duration>>)> measured = {};  // see ports::Retention
  };

  // Everything given must outlive the worker and the reactor's last task. `retention`: null when nothing is to be measured.
  // `fence`: of every save; see CheckpointStore.
  StoreWorker(ports::CheckpointStore& checkpoints, ports::DeadLetters& dead_letters, ports::Reactor& reactor,
              Handlers handlers, ports::Retention* retention = nullptr, std::optional<ports::Fence> fence = {})
      : checkpoints_(checkpoints),
        dead_letters_(dead_letters),
        reactor_(reactor),
        handlers_(std::move(handlers)),
        retention_(retention),
        fence_(std::move(fence)) {}

  void save(ports::Checkpoint checkpoint);
  void put(event::Ticket ticket, ports::DeadLetter letter);
  // The dead letters that are stored.
  void count();
  // The headroom of this position; not without a retention.
  void measure(event::Position position);

  // Until a stop is requested; what still waits then is dropped (it is done again after a restart).
  void run(std::stop_token stop);

 private:
  ports::CheckpointStore& checkpoints_;
  ports::DeadLetters& dead_letters_;
  ports::Reactor& reactor_;
  Handlers handlers_;
  ports::Retention* const retention_;
  const std::optional<ports::Fence> fence_;
  Mutex mutex_;
  std::condition_variable_any work_;
  std::optional<ports::Checkpoint> save_ EXPORTER_GUARDED_BY(mutex_);
  std::deque<std::pair<event::Ticket, ports::DeadLetter>> letters_ EXPORTER_GUARDED_BY(mutex_);
  std::optional<event::Position> measure_ EXPORTER_GUARDED_BY(mutex_);
  bool count_ EXPORTER_GUARDED_BY(mutex_) = false;
};

}  // namespace exporter::pipeline
