// What the suites of this folder need from a datastore: its ports, and the hands of those who write to it.
//
// Each suite runs against every world in worlds.cpp; an adapter joins by adding one there. So the fake cannot promise
// what the real ones do not do, nor the other way round.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/lease.h"
#include "ports/source.h"

namespace exporter::testing {

// A UUID, for worlds whose keys are text.
std::string document_id(int number);

class StoreWorld {
 public:
  virtual ~StoreWorld() = default;

  virtual std::unique_ptr<ports::Source> source() = 0;
  virtual std::unique_ptr<ports::History> history() = 0;
  virtual std::unique_ptr<ports::CheckpointStore> checkpoints() = 0;
  virtual std::unique_ptr<ports::DeadLetters> dead_letters() = 0;
  virtual std::unique_ptr<ports::Documents> documents() = 0;
  virtual std::unique_ptr<ports::LeaseStore> lease() = 0;

  // A document is stored under a key made from `number`, so that keys sort as numbers do.
  virtual void insert(int number, std::string_view json, WallTime created_at) = 0;
  virtual void remove(int number) = 0;
  virtual void remove_lease() = 0;           // as by hand, with all that lies in the same record
  virtual void trim_changes(int count) = 0;  // the oldest ones; only of worlds in trimmable_worlds()

  // How the ports name the document that was inserted as `number`.
  [[nodiscard]] virtual std::string id(int number) const { return document_id(number); }
  // The bytes that the ports give for it.
  [[nodiscard]] virtual std::string stored(int /*number*/, std::string_view json, WallTime /*created_at*/) const {
    return std::string(json);
  }
  // The stream carries the documents themselves: one that was deleted since still arrives.
  [[nodiscard]] virtual bool changes_hold_documents() const { return false; }

  Clock& clock() { return clock_; }

 private:
  SystemClock clock_;
};

struct StoreWorldFactory {
  std::string name;
  std::function<std::unique_ptr<StoreWorld>()> make;
  friend std::ostream& operator<<(std::ostream& out, const StoreWorldFactory& factory) { return out << factory.name; }
};

const std::vector<StoreWorldFactory>& all_worlds();
// Those that can be told to forget changes. Where only load makes a server forget (MongoDB), tests of its own do it.
std::vector<StoreWorldFactory> trimmable_worlds();

}  // namespace exporter::testing
