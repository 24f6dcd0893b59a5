// The embedded datastore: one SQLite file that holds the events, their change log, the progress, the lease and the
// dead letters.
//
// Nothing to install: for a single node, a laptop, a demo, a test. Its tables mirror the PostgreSQL provider's (see
// schema.cpp). Any program may insert into `health_events` while the exporter reads; a trigger fills the change log.
// Each object opened here has a connection of its own with a small page cache, waits up to five seconds for another
// writer's lock, and may live on a thread of its own. Adapter of ports/; the library is libsqlite3 and is not shown.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/lease.h"
#include "ports/source.h"

namespace exporter::sqlite {

struct Options {
  std::string path;
  std::string client_name = "event-exporter";  // whose progress, lease and dead letters
};

// Creates the file when there is none and brings its tables up to date. Call it once, before the functions below.
// Errors, none of which changed a byte: invalid (no place for the file, another program's file, a newer version's
// file), corrupt (no SQLite file, or a damaged one), transient.
Result<void> prepare(const Options& options);

// `clock` must outlive the source. Errors of all six: transient (also: the file is gone), invalid, corrupt.
Result<std::unique_ptr<ports::Source>> open_source(const Options& options, Clock& clock);
Result<std::unique_ptr<ports::History>> open_history(const Options& options);
Result<std::unique_ptr<ports::CheckpointStore>> open_checkpoints(const Options& options);
Result<std::unique_ptr<ports::DeadLetters>> open_dead_letters(const Options& options);
Result<std::unique_ptr<ports::Documents>> open_documents(const Options& options);
Result<std::unique_ptr<ports::LeaseStore>> open_lease(const Options& options);

// One row for `health_events`. Empty or absent: the table's default.
struct NewDocument {
  std::string_view id;  // a UUID in lower case; made by the store when empty
  std::string_view node_name;
  std::string_view event_type;
  std::string_view severity;
  std::string_view recommended_action;
  std::string_view document;           // JSON, in the stored shape
  std::optional<WallTime> created_at;  // kept in microseconds
};

// Inserts events. Used by `ingest` and by the lab; other programs use plain SQL.
// Thread-safety: used by one thread at a time.
class Writer {
 public:
  enum class Durability {
    on_commit,  // on the disk when insert() returns
    lazy,       // survives a crash of the process; the newest inserts may be lost when the machine loses power
  };

  // Errors: transient, invalid, corrupt.
  static Result<std::unique_ptr<Writer>> open(const Options& options, Durability durability);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // All of them in one transaction, or none. Errors: transient; rejected when a row breaks a constraint (the message
  // says which); corrupt.
  Result<void> insert(std::span<const NewDocument> documents);

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::sqlite
