// Inserting events, whole batches at a time.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "source/sqlite/position.h"
#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

// A default of the table cannot be asked for in a row of values, so the two columns that have one are bound or left
// out.
std::string insert_statement(bool id, bool created_at) {
  return fmt::format(
      "INSERT INTO health_events (node_name, event_type, severity, recommended_action, document{}{})"
      " VALUES (?1, ?2, ?3, ?4, ?5{}{})",
      id ? ", id" : "", created_at ? ", created_at" : "", id ? ", ?6" : "", created_at ? ", ?7" : "");
}

}  // namespace

struct Writer::Impl {
  Store store;
  Statement inserts[2][2];  // [with id][with created_at]

  Result<void> insert_one(const NewDocument& row) {
    const bool id = !row.id.empty();
    const bool created_at = row.created_at.has_value();
    Statement& insert = inserts[id ? 1 : 0][created_at ? 1 : 0];
    const ResetAtEnd reset(insert);
    insert.bind(1, row.node_name);
    insert.bind(2, row.event_type);
    insert.bind(3, row.severity);
    insert.bind(4, row.recommended_action);
    insert.bind(5, row.document);
    if (id) {
      insert.bind(6, row.id);
    }
    if (created_at) {
      insert.bind(7, to_micros(*row.created_at));
    }
    auto done = insert.step();
    return done ? Result<void>() : fail(std::move(done.error()));
  }
};

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const Options& options, Durability durability) {
  auto store = open_store(options, durability == Durability::lazy ? Purpose::write_lazy : Purpose::write_durable);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto impl = std::make_unique<Impl>();
  impl->store = std::move(*store);
  for (const bool id : {false, true}) {
    for (const bool created_at : {false, true}) {
      auto statement = impl->store.connection.prepare(insert_statement(id, created_at));
      if (!statement) {
        return fail(std::move(statement.error()));
      }
      impl->inserts[id ? 1 : 0][created_at ? 1 : 0] = std::move(*statement);
    }
  }
  return std::unique_ptr<Writer>(new Writer(std::move(impl)));
}

Result<void> Writer::insert(std::span<const NewDocument> documents) {
  auto transaction = Transaction::begin(impl_->store.connection);
  if (!transaction) {
    return fail(transaction.error().with_context("storing events"));
  }
  for (std::size_t index = 0; index < documents.size(); ++index) {
    if (auto stored = impl_->insert_one(documents[index]); !stored) {
      return fail(stored.error().with_context(fmt::format("storing event {} of {}", index + 1, documents.size())));
    }
  }
  auto done = transaction->commit();
  return done ? done : fail(done.error().with_context("storing events"));
}

}  // namespace exporter::sqlite
