// Dead letters, beside the events. They point at the document and hold no payload, so they stay small.
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "base/check.h"
#include "source/sqlite/position.h"
#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

constexpr std::string_view kPut =
    "INSERT OR REPLACE INTO dead_letters"
    " (client_name, document_id, event_id, node, reason, detail, status, attempts, at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
constexpr std::string_view kCount = "SELECT count(*) FROM dead_letters WHERE client_name = ?1";
constexpr std::string_view kPage =
    "SELECT document_id, event_id, node, reason, detail, status, attempts, at FROM dead_letters"
    " WHERE client_name = ?1 AND (at, document_id) > (?2, ?3) ORDER BY at, document_id LIMIT ?4";
// By event id it walks the whole table, which a person asks for once.
constexpr std::string_view kFind =
    "SELECT document_id, event_id, node, reason, detail, status, attempts, at FROM dead_letters"
    " WHERE client_name = ?1 AND (document_id = ?2 OR event_id = ?2) ORDER BY document_id = ?2 DESC LIMIT 1";
constexpr std::string_view kRemove = "DELETE FROM dead_letters WHERE client_name = ?1 AND document_id = ?2 RETURNING 1";

ports::DeadLetter letter_at(const Statement& row) {
  return {.document_id = std::string(row.text(0)),
          .event_id = std::string(row.text(1)),
          .node = std::string(row.text(2)),
          .reason = std::string(row.text(3)),
          .detail = std::string(row.text(4)),
          .status = static_cast<int>(row.integer(5)),
          .attempts = static_cast<std::uint32_t>(row.integer(6)),
          .at = from_micros(row.integer(7))};
}

class SqliteDeadLetters final : public ports::DeadLetters {
 public:
  // The statements, in the order of `kStatements`.
  enum Name : std::size_t { put_one, count_all, one_page, find_one, remove_one };
  static constexpr std::array kStatements{kPut, kCount, kPage, kFind, kRemove};
  using Statements = std::array<Statement, kStatements.size()>;

  SqliteDeadLetters(std::string client_name, Store store, Statements statements)
      : client_name_(std::move(client_name)), store_(std::move(store)), statements_(std::move(statements)) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override;
  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>& after,
                                              std::size_t limit) override;
  Result<std::optional<ports::DeadLetter>> find(const std::string& id) override;
  Result<std::uint64_t> remove(std::span<const std::string> document_ids) override;

 private:
  const std::string client_name_;
  Store store_;
  Statements statements_;
};

Result<void> SqliteDeadLetters::put(const ports::DeadLetter& letter) {
  Statement& put = statements_[put_one];
  const ResetAtEnd reset(put);
  put.bind(1, client_name_);
  put.bind(2, letter.document_id);
  put.bind(3, letter.event_id);
  put.bind(4, letter.node);
  put.bind(5, letter.reason);
  put.bind(6, letter.detail);
  put.bind(7, letter.status);
  put.bind(8, std::int64_t{letter.attempts});
  put.bind(9, to_micros(letter.at));
  auto done = put.step();
  return done ? Result<void>() : fail(done.error().with_context("writing a dead letter"));
}

Result<std::uint64_t> SqliteDeadLetters::count() {
  Statement& count = statements_[count_all];
  const ResetAtEnd reset(count);
  count.bind(1, client_name_);
  auto row = count.step();
  if (!row) {
    return fail(row.error().with_context("counting the dead letters"));
  }
  return static_cast<std::uint64_t>(count.integer(0));
}

Result<std::vector<ports::DeadLetter>> SqliteDeadLetters::page(const std::optional<ports::DeadLetterKey>& after,
                                                               std::size_t limit) {
  EXPORTER_CHECK(limit > 0, "a page has room for a letter");
  Statement& page = statements_[one_page];
  const ResetAtEnd reset(page);
  page.bind(1, client_name_);
  page.bind(2, after ? to_micros(after->at) : std::numeric_limits<std::int64_t>::min());
  page.bind(3, after ? std::string_view(after->document_id) : std::string_view());
  page.bind(4, static_cast<std::int64_t>(limit));
  std::vector<ports::DeadLetter> letters;
  for (;;) {
    auto row = page.step();
    if (!row) {
      return fail(row.error().with_context("reading the dead letters"));
    }
    if (!*row) {
      return letters;
    }
    letters.push_back(letter_at(page));
  }
}

Result<std::optional<ports::DeadLetter>> SqliteDeadLetters::find(const std::string& id) {
  Statement& find = statements_[find_one];
  const ResetAtEnd reset(find);
  find.bind(1, client_name_);
  find.bind(2, id);
  auto row = find.step();
  if (!row) {
    return fail(row.error().with_context("reading a dead letter"));
  }
  return *row ? std::optional(letter_at(find)) : std::nullopt;
}

Result<std::uint64_t> SqliteDeadLetters::remove(std::span<const std::string> document_ids) {
  const auto failed = [](const Error& error) { return fail(error.with_context("removing dead letters")); };
  auto transaction = Transaction::begin(store_.connection);
  if (!transaction) {
    return failed(transaction.error());
  }
  std::uint64_t removed = 0;
  for (const std::string& id : document_ids) {
    Statement& remove = statements_[remove_one];
    const ResetAtEnd reset(remove);
    remove.bind(1, client_name_);
    remove.bind(2, id);
    auto row = remove.step();
    if (!row) {
      return failed(row.error());
    }
    removed += *row ? 1U : 0U;
  }
  if (auto done = transaction->commit(); !done) {
    return failed(done.error());
  }
  return removed;
}

}  // namespace

Result<std::unique_ptr<ports::DeadLetters>> open_dead_letters(const Options& options) {
  auto store = open_store(options, Purpose::write_durable);
  if (!store) {
    return fail(std::move(store.error()));
  }
  SqliteDeadLetters::Statements statements;
  for (std::size_t index = 0; index < statements.size(); ++index) {
    auto statement = store->connection.prepare(SqliteDeadLetters::kStatements[index]);
    if (!statement) {
      return fail(std::move(statement.error()));
    }
    statements[index] = std::move(*statement);
  }
  return std::make_unique<SqliteDeadLetters>(options.client_name, std::move(*store), std::move(statements));
}

}  // namespace exporter::sqlite
