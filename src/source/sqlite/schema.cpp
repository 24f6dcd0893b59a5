// The tables, why they are so, and the only code that creates or judges a file.
//
// - They mirror PostgreSQL's (health_events, datastore_changelog, resume_tokens), so that who knows one knows the
// other.
//   Differences, each with its reason: times are integers in microseconds UTC, because text that any program may write
//   ("2026-09-09 12:00", "...T12:00:00.1Z") does not sort by time; the change log refers to its row by `row_seq` and
//   does not hold the document a second time; ids are made by an expression, since SQLite has no uuid function.
// - STRICT tables and CHECKs turn a writer's slip into an error of that writer: as jsonb does, a document must be JSON;
// a
//   time in seconds or milliseconds is refused.
// - AUTOINCREMENT never gives an id twice, even after deletes, and SQLite has one writer at a time: change-log ids are
//   consecutive and in commit order. So there are no open gaps as PostgreSQL has, and a missing id means that rows
//   were removed. The trigger refuses an explicit `seq` below the newest, so `seq` has the same order.
// - `leases` says which of several exporters may send and save (ports/lease.h). An empty holder is a lease given back.
//
// SQLite does not fail on foreign files by itself: PRAGMA application_id and user_version say whose a file is
// (https://www.sqlite.org/pragma.html). A file is judged through a read-only connection before anything may write to
// it; the raw header would not do, because the newest pages may still lie in the write-ahead log.
#include "source/sqlite/schema.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace exporter::sqlite {

namespace {

// SQLite's clock in milliseconds ('now' is one moment within a statement's step), as microseconds.
#define EXPORTER_NOW_MICROS                             \
  "CAST(strftime('%s', 'now') AS INTEGER) * 1000000 + " \
  "CAST(substr(strftime('%f', 'now'), 4) AS INTEGER) * 1000"
// Random UUID, RFC 4122 section 4.4.
#define EXPORTER_UUID4                                                                                 \
  "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || " \
  "'-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"

// Version 1. Times: microseconds since 1970 UTC; the lower bound of the CHECKs is 1973 in them.
constexpr const char* kVersion1 =
    "CREATE TABLE schema_migrations ("
    "  version INTEGER PRIMARY KEY,"
    "  description TEXT NOT NULL,"
    "  applied_at INTEGER NOT NULL DEFAULT (" EXPORTER_NOW_MICROS
    ")"
    ") STRICT;"
    "INSERT INTO schema_migrations (version, description) VALUES (1, 'first schema');"

    "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;"
    "INSERT INTO meta (key, value) VALUES ('store_uuid', " EXPORTER_UUID4
    ");"

    "CREATE TABLE health_events ("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id TEXT NOT NULL UNIQUE DEFAULT (" EXPORTER_UUID4
    ")"
    "    CHECK (length(id) = 36 AND id NOT GLOB '*[^0-9a-f-]*'),"
    "  node_name TEXT NOT NULL,"
    "  event_type TEXT,"
    "  severity TEXT,"
    "  recommended_action TEXT,"
    "  document TEXT NOT NULL CHECK (json_valid(document)),"
    "  created_at INTEGER NOT NULL DEFAULT (" EXPORTER_NOW_MICROS
    ")"
    "    CHECK (created_at BETWEEN 100000000000000 AND 253402300799999999)"
    ") STRICT;"
    "CREATE INDEX idx_health_events_created_id ON health_events (created_at, id);"

    "CREATE TABLE datastore_changelog ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  table_name TEXT NOT NULL,"
    "  record_id TEXT NOT NULL,"
    "  operation TEXT NOT NULL,"
    "  changed_at INTEGER NOT NULL DEFAULT (" EXPORTER_NOW_MICROS
    "),"
    "  row_seq INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TRIGGER health_events_changes AFTER INSERT ON health_events BEGIN"
    "  SELECT RAISE(ABORT, 'health_events.seq is given by the store')"
    "    WHERE NEW.seq < (SELECT max(seq) FROM health_events);"
    "  INSERT INTO datastore_changelog (table_name, record_id, operation, row_seq)"
    "    VALUES ('health_events', NEW.id, 'INSERT', NEW.seq);"
    "END;"

    "CREATE TABLE resume_tokens ("
    "  client_name TEXT PRIMARY KEY NOT NULL,"
    "  resume_token TEXT NOT NULL,"
    "  last_updated INTEGER NOT NULL DEFAULT (" EXPORTER_NOW_MICROS
    "),"
    "  state TEXT"
    ") STRICT;"

    "CREATE TABLE dead_letters ("
    "  client_name TEXT NOT NULL,"
    "  document_id TEXT NOT NULL,"
    "  event_id TEXT NOT NULL,"
    "  node TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  at INTEGER NOT NULL,"
    "  PRIMARY KEY (client_name, document_id)"
    ") STRICT;"
    "CREATE INDEX idx_dead_letters_at ON dead_letters (client_name, at, document_id);"

    "CREATE TABLE leases ("
    "  client_name TEXT PRIMARY KEY NOT NULL,"
    "  holder TEXT NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  beat INTEGER NOT NULL"
    ") STRICT;";

enum class State { fresh, ours };  // fresh: no file, or an SQLite file with nothing in it

// What the header and the list of tables say. Errors: invalid, corrupt, transient.
Result<State> judge(Connection& connection, const std::string& path) {
  auto application = connection.integer("PRAGMA application_id");
  auto version = application ? connection.integer("PRAGMA user_version") : application;
  auto objects = version ? connection.integer("SELECT count(*) FROM sqlite_schema") : version;
  if (!objects) {
    return fail(objects.error().with_context(path));
  }
  if (*application == 0 && *version == 0 && *objects == 0) {
    return State::fresh;
  }
  if (*application != kApplicationId) {
    return fail(
        ErrorKind::invalid,
        fmt::format("{} is an SQLite file of another program (application id {:#x}); nothing was changed, choose "
                    "another path",
                    path, *application));
  }
  if (*version > kSchemaVersion) {
    return fail(
        ErrorKind::invalid,
        fmt::format("{} was written by a newer event-exporter (schema version {}, this one knows {}); nothing was "
                    "changed, use that version or another path",
                    path, *version, kSchemaVersion));
  }
  if (*version < 1) {
    return fail(ErrorKind::corrupt,
                fmt::format("{} has our mark but schema version {}; put back a backup, or choose another path", path,
                            *version));
  }
  return State::ours;
}

// A place where SQLite cannot put a file is the user's to mend, so it is told apart from passing trouble.
Result<bool> exists(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_regular_file(status)) {
    if (::access(path.c_str(), R_OK | W_OK) != 0) {
      return fail(ErrorKind::invalid, fmt::format("{} must be readable and writable for this user", path));
    }
    return true;
  }
  if (status.type() != std::filesystem::file_type::not_found) {
    return fail(ErrorKind::invalid,
                error ? fmt::format("{}: {}", path, error.message()) : fmt::format("{} is not a regular file", path));
  }
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, error)) {
    return fail(ErrorKind::invalid, fmt::format("{}: the directory {} does not exist; make it, or choose another path",
                                                path, parent.string()));
  }
  return false;
}

Error as_place_error(Error error, const std::string& path) {
  if (error.kind == ErrorKind::transient) {
    error.kind = ErrorKind::invalid;
    error.message += "; the file and its directory must be writable for this user";
  }
  return error.with_context(path);
}

// The whole schema in one transaction: another process that does the same at once waits, looks again, and finds it
// done.
Result<void> create(const std::string& path) {
  auto connection = Connection::open(path, Connection::Mode::create);
  if (!connection) {
    return fail(as_place_error(std::move(connection.error()), path));
  }
  // WAL lets a writer and readers work at once. It stays with the file (https://www.sqlite.org/wal.html).
  auto mode = connection->text("PRAGMA journal_mode = WAL");
  if (!mode) {
    return fail(as_place_error(std::move(mode.error()), path));
  }
  if (*mode != "wal") {
    return fail(ErrorKind::invalid,
                fmt::format("{}: this file system cannot hold a write-ahead log; choose a path on a local disk", path));
  }
  auto transaction = Transaction::begin(*connection);
  if (!transaction) {
    return fail(transaction.error().with_context(path));
  }
  auto state = judge(*connection, path);
  if (!state) {
    return fail(std::move(state.error()));
  }
  if (*state == State::ours) {
    return {};
  }
  const std::string identity =
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, kSchemaVersion);
  auto done = connection->execute(kVersion1);
  done = done ? connection->execute(identity.c_str()) : done;
  done = done ? transaction->commit() : done;
  return done ? done : fail(done.error().with_context(path));
}

// What each connection sets. The cache of a writer holds one transaction, so that it need not spill.
const char* settings_for(Purpose purpose) {
  switch (purpose) {
    case Purpose::read:
      return "PRAGMA cache_size = -256; PRAGMA mmap_size = 0;";
    case Purpose::write_lazy:
      return "PRAGMA cache_size = -4096; PRAGMA mmap_size = 0; PRAGMA synchronous = NORMAL;"
             "PRAGMA journal_size_limit = 67108864;";
    case Purpose::write_durable:
      return "PRAGMA cache_size = -512; PRAGMA mmap_size = 0; PRAGMA synchronous = FULL;"
             "PRAGMA journal_size_limit = 67108864;";
  }
  return "";
}

}  // namespace

Result<void> prepare(const Options& options) {
  if (options.path.empty()) {
    return fail(ErrorKind::invalid, "the datastore's path is empty; set exporter.datastore.path or DATASTORE_PATH");
  }
  auto there = exists(options.path);
  if (!there) {
    return fail(std::move(there.error()));
  }
  if (*there) {
    auto connection = Connection::open(options.path, Connection::Mode::inspect);
    if (!connection) {
      return fail(as_place_error(std::move(connection.error()), options.path));
    }
    auto state = judge(*connection, options.path);
    if (!state) {
      return fail(std::move(state.error()));
    }
    if (*state == State::ours) {
      return {};
    }
  }
  return create(options.path);
}

Result<Store> open_store(const Options& options, Purpose purpose) {
  auto connection = Connection::open(options.path, Connection::Mode::existing);
  if (!connection) {
    return fail(connection.error().with_context(options.path));
  }
  auto state = judge(*connection, options.path);
  if (!state) {
    return fail(std::move(state.error()));
  }
  if (*state == State::fresh) {
    return fail(ErrorKind::invalid, fmt::format("{} holds no tables yet", options.path));
  }
  auto set = connection->execute(settings_for(purpose));
  auto uuid = set ? connection->text("SELECT value FROM meta WHERE key = 'store_uuid'") : fail(std::move(set.error()));
  if (!uuid) {
    return fail(uuid.error().with_context(options.path));
  }
  return Store{std::move(*connection), uuid->substr(0, 6)};
}

}  // namespace exporter::sqlite
