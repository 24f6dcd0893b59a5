// Dead letters, beside the events. They point at the document and hold no payload, so they stay small.
#include <memory>
#include <utility>

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

class SqliteDeadLetters final : public ports::DeadLetters {
 public:
  SqliteDeadLetters(std::string client_name, Store store, Statement put, Statement count)
      : client_name_(std::move(client_name)),
        store_(std::move(store)),
        put_(std::move(put)),
        count_(std::move(count)) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override;

 private:
  const std::string client_name_;
  Store store_;
  Statement put_;
  Statement count_;
};

Result<void> SqliteDeadLetters::put(const ports::DeadLetter& letter) {
  const ResetAtEnd reset(put_);
  put_.bind(1, client_name_);
  put_.bind(2, letter.document_id);
  put_.bind(3, letter.event_id);
  put_.bind(4, letter.node);
  put_.bind(5, letter.reason);
  put_.bind(6, letter.detail);
  put_.bind(7, letter.status);
  put_.bind(8, std::int64_t{letter.attempts});
  put_.bind(9, to_micros(letter.at));
  auto done = put_.step();
  return done ? Result<void>() : fail(done.error().with_context("writing a dead letter"));
}

Result<std::uint64_t> SqliteDeadLetters::count() {
  const ResetAtEnd reset(count_);
  count_.bind(1, client_name_);
  auto row = count_.step();
  if (!row) {
    return fail(row.error().with_context("counting the dead letters"));
  }
  return static_cast<std::uint64_t>(count_.integer(0));
}

}  // namespace

Result<std::unique_ptr<ports::DeadLetters>> open_dead_letters(const Options& options) {
  auto store = open_store(options, Purpose::write_durable);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto put = store->connection.prepare(kPut);
  auto count = put ? store->connection.prepare(kCount) : fail(std::move(put.error()));
  if (!count) {
    return fail(std::move(count.error()));
  }
  return std::make_unique<SqliteDeadLetters>(options.client_name, std::move(*store), std::move(*put),
                                             std::move(*count));
}

}  // namespace exporter::sqlite
