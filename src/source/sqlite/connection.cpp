#include "source/sqlite/connection.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace exporter::sqlite {

namespace {

constexpr std::chrono::milliseconds kBusyTimeout{5000};

// SQLite's result codes (https://www.sqlite.org/rescode.html), by what the caller should do. Calling a passing trouble
// corrupt would stop a healthy exporter; calling damage transient would retry for ever, which at least touches nothing.
// So only codes that speak of the file's content count as damage.
ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:  // the file's structure is broken
    case SQLITE_NOTADB:   // its header is
    case SQLITE_FORMAT:
    case SQLITE_ERROR:     // a table or column of ours is missing: somebody changed the schema
    case SQLITE_MISMATCH:  // a value that our schema cannot hold
      return ErrorKind::corrupt;
    case SQLITE_CONSTRAINT:  // this row, and only it, is not acceptable
    case SQLITE_TOOBIG:
      return ErrorKind::rejected;
    default:  // BUSY, LOCKED, FULL, IOERR, CANTOPEN, READONLY, PERM, NOMEM, PROTOCOL, INTERRUPT ...
      return ErrorKind::transient;
  }
}

Error error_of(sqlite3* handle, int code) {
  const ErrorKind kind = kind_of(code);
  const int system = sqlite3_system_errno(handle);
  std::string text = fmt::format("SQLite: {} (code {})", sqlite3_errmsg(handle), sqlite3_extended_errcode(handle));
  if (kind == ErrorKind::corrupt) {
    text +=
        "; stop all writers, keep a copy of the file, and put back a backup or rescue its rows "
        "(docs/embedded-store.md)";
  } else if (system != 0 && kind == ErrorKind::transient) {
    text += fmt::format(", errno {}", system);
  }
  return {kind, std::move(text)};
}

}  // namespace

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

void Statement::bind(int index, std::string_view value) {
  // A view without bytes may hold a null pointer, which SQLite would take for NULL.
  const char* const bytes = value.empty() ? "" : value.data();
  sqlite3_bind_text64(handle_, index, bytes, value.size(), nullptr, SQLITE_UTF8);  // nullptr: SQLITE_STATIC
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    return false;
  }
  return fail(error_of(sqlite3_db_handle(handle_), code));
}

std::string_view Statement::text(int column) const {
  // The pointer first, then the size: https://www.sqlite.org/c3ref/column_blob.html
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  // Empty text has no bytes there; parsers want a place all the same.
  return bytes == nullptr ? std::string_view("") : std::string_view(bytes, static_cast<std::size_t>(size));
}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Result<Connection> Connection::open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::inspect ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  flags |= mode == Mode::create ? SQLITE_OPEN_CREATE : 0;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Connection connection(handle);  // to be closed even after a failed open
  if (code != SQLITE_OK) {
    return fail(error_of(handle, code));
  }
  sqlite3_busy_timeout(handle, static_cast<int>(kBusyTimeout.count()));
  if (mode == Mode::inspect) {
    // Otherwise the last connection moves the write-ahead log into the file, which may be another program's.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return connection;
}

Result<void> Connection::execute(const char* sql) {
  if (const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) {
    return fail(error_of(handle_, code));
  }
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) {
    return fail(error_of(handle_, code));
  }
  return Statement(statement);
}

// A statement that stands on its first row, which must be there.
Result<Statement> Connection::first_row(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) {
    return statement;
  }
  auto row = statement->step();
  if (!row) {
    return fail(std::move(row.error()));
  }
  if (!*row) {
    return fail(ErrorKind::corrupt, "a row that must be there is missing");
  }
  return statement;
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  return first_row(sql).map([](const Statement& row) { return row.integer(0); });
}

Result<std::string> Connection::text(std::string_view sql) {
  return first_row(sql).map([](const Statement& row) { return std::string(row.text(0)); });
}

Result<Transaction> Transaction::begin(Connection& connection) {
  if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) {
    return fail(std::move(begun.error()));
  }
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ != nullptr) {
    (void)connection_->execute("ROLLBACK");  // fails only when SQLite has rolled back already
  }
}

Result<void> Transaction::commit() {
  auto done = connection_->execute("COMMIT");
  if (done) {
    connection_ = nullptr;
  }
  return done;
}

}  // namespace exporter::sqlite
