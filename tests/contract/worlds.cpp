#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "contract/mongodb_world.h"
#include "contract/store_world.h"
#include "source/sqlite/store.h"
#include "support/memory_store.h"
#include "support/temp_dir.h"

namespace exporter::testing {

namespace {

class MemoryWorld final : public StoreWorld {
 public:
  std::unique_ptr<ports::Source> source() override { return store_.source(clock()); }
  std::unique_ptr<ports::History> history() override { return store_.history(); }
  std::unique_ptr<ports::CheckpointStore> checkpoints() override { return store_.checkpoints(); }
  std::unique_ptr<ports::DeadLetters> dead_letters() override { return store_.dead_letters(); }
  std::unique_ptr<ports::Documents> documents() override { return store_.documents(); }
  std::unique_ptr<ports::LeaseStore> lease() override { return store_.lease(); }
  void insert(int number, std::string_view document, WallTime created_at) override {
    store_.insert(document_id(number), std::string(document), created_at);
  }
  void remove(int number) override { store_.remove(document_id(number)); }
  void remove_lease() override { store_.set_lease_record(std::nullopt); }
  void trim_changes(int count) override { store_.trim_changes(static_cast<std::size_t>(count)); }

 private:
  MemoryStore store_{fmt::format("memory{}", ++count_)};
  static inline int count_ = 0;
};

class SqliteWorld final : public StoreWorld {
 public:
  SqliteWorld() {
    EXPORTER_CHECK(sqlite::prepare(options_).has_value(), "the store can be prepared");
    writer_ = sqlite::Writer::open(options_, sqlite::Writer::Durability::lazy).value();
  }
  std::unique_ptr<ports::Source> source() override { return sqlite::open_source(options_, clock()).value(); }
  std::unique_ptr<ports::History> history() override { return sqlite::open_history(options_).value(); }
  std::unique_ptr<ports::CheckpointStore> checkpoints() override { return sqlite::open_checkpoints(options_).value(); }
  std::unique_ptr<ports::DeadLetters> dead_letters() override { return sqlite::open_dead_letters(options_).value(); }
  std::unique_ptr<ports::Documents> documents() override { return sqlite::open_documents(options_).value(); }
  std::unique_ptr<ports::LeaseStore> lease() override { return sqlite::open_lease(options_).value(); }
  void insert(int number, std::string_view document, WallTime created_at) override {
    const std::string id = document_id(number);
    const sqlite::NewDocument row{.id = id,
                                  .node_name = "n",
                                  .event_type = {},
                                  .severity = {},
                                  .recommended_action = {},
                                  .document = document,
                                  .created_at = created_at};
    const auto done = writer_->insert({&row, 1});
    EXPORTER_CHECK(done.has_value(), "the document can be stored");
  }
  void remove(int number) override {
    execute(fmt::format("DELETE FROM health_events WHERE id = '{}'", document_id(number)));
  }
  void remove_lease() override { execute("DELETE FROM leases"); }
  void trim_changes(int count) override {
    execute(
        fmt::format("DELETE FROM datastore_changelog WHERE id IN"
                    " (SELECT id FROM datastore_changelog ORDER BY id LIMIT {})",
                    count));
  }

 private:
  void execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPORTER_CHECK(sqlite3_open(options_.path.c_str(), &handle) == SQLITE_OK, "the file opens");
    sqlite3_busy_timeout(handle, 10'000);
    EXPORTER_CHECK(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, "the statement runs");
    sqlite3_close(handle);
  }

  TempDir dir_;
  sqlite::Options options_{.path = dir_ / "events.db"};
  std::unique_ptr<sqlite::Writer> writer_;
};

}  // namespace

std::string document_id(int number) { return fmt::format("{:08}-0000-4000-8000-000000000000", number); }

const std::vector<StoreWorldFactory>& all_worlds() {
  static const std::vector<StoreWorldFactory> worlds{
      {"memory", [] { return std::make_unique<MemoryWorld>(); }},
      {"sqlite", [] { return std::make_unique<SqliteWorld>(); }},
      {"mongodb", &make_mongodb_world},
  };
  return worlds;
}

std::vector<StoreWorldFactory> trimmable_worlds() { return {all_worlds()[0], all_worlds()[1]}; }

}  // namespace exporter::testing
