// A datastore in memory with its ports: what the real adapters must do, in the fewest words, plus controls for
// tests (errors on demand, trimmed changes, removed documents). tests/contract/ holds it to the same suites.
//
// The objects it hands out refer to it and must not outlive it. Thread-safety: internally synchronized.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/lease.h"
#include "ports/source.h"

namespace exporter::testing {

class MemoryStore {
 public:
  // `name` stands in positions and cursors, so that another store's are recognised. Lower-case letters and digits.
  explicit MemoryStore(std::string name = "memory") : name_(std::move(name)) {}

  void insert(std::string id, std::string document, WallTime created_at = {});
  void remove(const std::string& id);    // the document; its change stays
  void trim_changes(std::size_t count);  // the oldest changes
  // The next call of any port fails with this. May be given several times.
  void fail_next(Error error);

  std::unique_ptr<ports::Source> source(Clock& clock);
  std::unique_ptr<ports::History> history();
  std::unique_ptr<ports::CheckpointStore> checkpoints();
  std::unique_ptr<ports::DeadLetters> dead_letters();
  std::unique_ptr<ports::Documents> documents();
  std::unique_ptr<ports::LeaseStore> lease();

  [[nodiscard]] std::optional<ports::Checkpoint> checkpoint() const;
  [[nodiscard]] std::vector<ports::DeadLetter> letters() const;  // by document id
  [[nodiscard]] std::optional<ports::LeaseRecord> lease_record() const;
  void set_lease_record(std::optional<ports::LeaseRecord> record);

 private:
  friend class MemorySource;
  friend class MemoryHistory;
  friend class MemoryCheckpoints;
  friend class MemoryDeadLetters;
  friend class MemoryDocuments;
  friend class MemoryLease;

  struct Change {
    std::uint64_t number;  // 1, 2, 3 ...
    std::string id;
    WallTime at;
  };
  struct Document {
    std::uint64_t number;  // of its change
    std::string text;
    WallTime created_at;
  };

  [[nodiscard]] event::Position position(std::uint64_t number) const;
  [[nodiscard]] std::optional<std::uint64_t> number_of(const event::Position& position) const;
  std::optional<Error> take_error();  // with the lock held

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t last_number_ = 0;
  std::vector<Change> changes_;
  std::map<std::string, Document> documents_;
  std::vector<Error> errors_;
  std::optional<ports::Checkpoint> checkpoint_;
  std::map<std::string, ports::DeadLetter> letters_;
  std::optional<ports::LeaseRecord> lease_;
};

}  // namespace exporter::testing
