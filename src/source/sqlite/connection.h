// One connection to an SQLite file and its prepared statements. Internal to this folder: it shows sqlite3.h.
//
// Every failure becomes an Error here, by the one table of SQLite's result codes (connection.cpp).
// Thread-safety: a connection and its statements are used by one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace exporter::sqlite {

// A prepared statement. Text bound is not copied: it must live until reset(). Column views live until the next step.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  ~Statement() { sqlite3_finalize(handle_); }

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_, index, value); }
  void bind(int index, std::string_view value);
  void bind_null(int index) { sqlite3_bind_null(handle_, index); }

  // True: a row is there. False: done. Errors: by SQLite's code.
  Result<bool> step();
  // Ends the read transaction that a running statement holds, and keeps the statement for the next use.
  void reset() { sqlite3_reset(handle_); }

  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] std::string_view text(int column) const;

 private:
  sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement at the end of the scope, so that no read transaction outlives the read.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

class Connection {
 public:
  enum class Mode { inspect, existing, create };  // inspect: reads only, and changes no byte, not even at closing

  Connection() = default;
  Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept;
  ~Connection() { sqlite3_close_v2(handle_); }

  static Result<Connection> open(const std::string& path, Mode mode);

  // One or more statements without results.
  Result<void> execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row. Errors: corrupt when there is no row.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  // Rows that the last INSERT, UPDATE or DELETE wrote.
  [[nodiscard]] int changes() const { return sqlite3_changes(handle_); }

 private:
  Result<Statement> first_row(std::string_view sql);

  explicit Connection(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_ = nullptr;
};

// Rolls back at the end of the scope unless committed.
class Transaction {
 public:
  // Takes the write lock at once, so that two writers wait for each other instead of failing halfway.
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace exporter::sqlite
