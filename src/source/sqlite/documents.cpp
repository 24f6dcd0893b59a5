// Stored documents by their ids, one look-up each: an id is the key of an index.
#include <memory>
#include <utility>

#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

constexpr std::string_view kSelect = "SELECT document FROM health_events WHERE id = ?1";

class SqliteDocuments final : public ports::Documents {
 public:
  SqliteDocuments(Store store, Statement select) : store_(std::move(store)), select_(std::move(select)) {}

  Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                           std::vector<std::size_t>& gone) override;

 private:
  Store store_;
  Statement select_;
};

Result<std::size_t> SqliteDocuments::read(std::span<const std::string> ids, std::size_t max_bytes,
                                          event::RawBatch& batch, std::vector<std::size_t>& gone) {
  batch.clear();
  gone.clear();
  for (std::size_t index = 0; index < ids.size(); ++index) {
    if (batch.bytes() >= max_bytes && index > 0) {
      return index;
    }
    const ResetAtEnd reset(select_);
    select_.bind(1, ids[index]);
    auto row = select_.step();
    if (!row) {
      return fail(row.error().with_context("reading stored events"));
    }
    if (*row) {
      batch.add(ids[index], select_.text(0), {});
    } else {
      gone.push_back(index);
    }
  }
  return ids.size();
}

}  // namespace

Result<std::unique_ptr<ports::Documents>> open_documents(const Options& options) {
  auto store = open_store(options, Purpose::read);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto select = store->connection.prepare(kSelect);
  if (!select) {
    return fail(std::move(select.error()));
  }
  return std::make_unique<SqliteDocuments>(std::move(*store), std::move(*select));
}

}  // namespace exporter::sqlite
