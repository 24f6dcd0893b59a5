#include "cli/lab_store.h"

#include <utility>
#include <vector>

#include "decode/json_decoder.h"
#include "event/enum_names.h"
#include "event/raw_batch.h"
#include "source/mongodb/health_document.h"
#include "source/mongodb/store.h"
#include "source/sqlite/store.h"

namespace exporter::cli {

namespace {

// Generated events into the embedded store.
class SqliteWriter final : public lab::DocumentWriter {
 public:
  explicit SqliteWriter(std::unique_ptr<sqlite::Writer> writer) : writer_(std::move(writer)) {}

  Result<void> add(const lab::GeneratedEvent& event) override {
    if (used_ == rows_.size()) {
      rows_.emplace_back();
    }
    Row& row = rows_[used_++];
    row.node.assign(event.node_name);
    row.document.assign(event.document);
    row.check = event.check_name;
    row.component = event.component_class;
    row.action = event::recommended_action_name(event.recommended_action);
    row.created_at = event.created_at;
    return {};
  }

  Result<void> commit() override {
    documents_.clear();
    for (std::size_t index = 0; index < used_; ++index) {
      const Row& row = rows_[index];
      documents_.push_back({.id = {},
                            .node_name = row.node,
                            .event_type = row.check,
                            .severity = row.component,
                            .recommended_action = row.action,
                            .document = row.document,
                            .created_at = row.created_at});
    }
    used_ = 0;
    return writer_->insert(documents_);
  }

 private:
  struct Row {
    std::string node;
    std::string document;
    std::string_view check;  // of the catalog and the enumeration's table: constant data
    std::string_view component;
    std::string_view action;
    WallTime created_at{};
  };
  std::unique_ptr<sqlite::Writer> writer_;
  std::vector<Row> rows_;  // reused from transaction to transaction
  std::size_t used_ = 0;
  std::vector<sqlite::NewDocument> documents_;
};

// Generated events into MongoDB, as the platform connector would write them.
class MongodbWriter final : public lab::DocumentWriter {
 public:
  explicit MongodbWriter(std::unique_ptr<mongodb::Writer> writer) : writer_(std::move(writer)) {}

  Result<void> add(const lab::GeneratedEvent& event) override {
    padded_.assign(event.document).append(event::RawBatch::kPadding, '\0');
    if (auto decoded = decoder_.decode({padded_.data(), event.document.size()}, health_event_); !decoded) {
      return decoded;
    }
    documents_.push_back(mongodb::health_document(health_event_, event.created_at));
    return {};
  }

  Result<void> commit() override {
    const std::vector<std::string_view> views(documents_.begin(), documents_.end());
    auto done = writer_->insert(views);
    documents_.clear();
    return done;
  }

 private:
  std::unique_ptr<mongodb::Writer> writer_;
  decode::JsonDecoder decoder_;
  event::HealthEvent health_event_;
  std::string padded_;
  std::vector<std::string> documents_;
};

Result<std::unique_ptr<lab::DocumentWriter>> open_sqlite(const std::string& path) {
  const sqlite::Options options{.path = path};
  if (auto prepared = sqlite::prepare(options); !prepared) {
    return fail(prepared.error());
  }
  auto writer = sqlite::Writer::open(options, sqlite::Writer::Durability::lazy);
  if (!writer) {
    return fail(writer.error());
  }
  return std::make_unique<SqliteWriter>(std::move(*writer));
}

// What stands between the host and the options: mongodb://host/DATABASE?options.
std::string database_of(std::string_view uri) {
  uri.remove_prefix(uri.find("://") + 3);
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  uri.remove_prefix(slash + 1);
  return std::string(uri.substr(0, uri.find('?')));
}

}  // namespace

Result<config::Config::Datastore> parse_lab_store(const std::string& text) {
  config::Config::Datastore store;
  if (!text.starts_with("mongodb://") && !text.starts_with("mongodb+srv://")) {
    store.provider = config::Provider::sqlite;
    store.path = text;
    return store;
  }
  store.provider = config::Provider::mongodb;
  store.mongodb.uri = text;
  store.mongodb.database = database_of(text);
  if (store.mongodb.database.empty()) {
    return fail(ErrorKind::invalid,
                "--datastore: the MongoDB URI names no database; write it like mongodb://host:27017/DATABASE");
  }
  return store;
}

Result<std::unique_ptr<lab::DocumentWriter>> open_lab_writer(const std::string& text) {
  auto store = parse_lab_store(text);
  if (!store) {
    return fail(store.error());
  }
  if (store->provider == config::Provider::sqlite) {
    return open_sqlite(store->path);
  }
  auto writer = mongodb::Writer::open(app::mongodb_options(store->mongodb));
  if (!writer) {
    return fail(writer.error());
  }
  return std::make_unique<MongodbWriter>(std::move(*writer));
}

Result<app::Datastore> open_lab_store(const std::string& text, Clock& clock) {
  auto store = parse_lab_store(text);
  return store ? app::open_datastore(*store, clock) : fail(store.error());
}

}  // namespace exporter::cli
