#include "contract/mongodb_world.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include "base/check.h"
#include "source/mongodb/store.h"
#include "support/mongod.h"

namespace exporter::testing {

namespace {

class MongodbWorld final : public StoreWorld {
 public:
  MongodbWorld() : client_(mongoc_client_new(options_.uri.c_str())) {
    // As the set-up job of NVSentinel leaves it.
    run(R"({"create": "HealthEvents"})");
    run(R"({"createIndexes": "HealthEvents", "indexes": [
            {"key": {"createdAt": 1}, "name": "ttl", "expireAfterSeconds": 2592000}]})");
    writer_ = mongodb::Writer::open(options_).value();
  }
  ~MongodbWorld() override {
    run(R"({"dropDatabase": 1})");
    mongoc_client_destroy(client_);
  }
  std::unique_ptr<ports::Source> source() override { return mongodb::open_source(options_, clock()).value(); }
  std::unique_ptr<ports::History> history() override { return mongodb::open_history(options_).value(); }
  std::unique_ptr<ports::CheckpointStore> checkpoints() override { return mongodb::open_checkpoints(options_).value(); }
  std::unique_ptr<ports::DeadLetters> dead_letters() override { return mongodb::open_dead_letters(options_).value(); }
  std::unique_ptr<ports::Documents> documents() override { return mongodb::open_documents(options_).value(); }
  std::unique_ptr<ports::LeaseStore> lease() override {
    return mongodb::open_lease(options_, std::chrono::seconds(10)).value();
  }

  void insert(int number, std::string_view json, WallTime created_at) override {
    const std::string bytes = stored(number, json, created_at);
    const std::string_view view = bytes;
    EXPORTER_CHECK(writer_->insert({&view, 1}).has_value(), "the document can be stored");
  }
  void remove(int number) override {
    run(fmt::format(R"({{"delete": "HealthEvents", "deletes": [{{"q": {{"_id": {{"$oid": "{}"}}}}, "limit": 1}}],
                        "writeConcern": {{"w": "majority"}}}})",
                    id(number)));
  }
  void remove_lease() override { run(R"({"delete": "ResumeTokens", "deletes": [{"q": {}, "limit": 0}]})"); }
  void trim_changes(int) override { EXPORTER_CHECK(false, "a server forgets changes only under load"); }
  [[nodiscard]] std::string id(int number) const override { return fmt::format("{:024x}", number); }
  [[nodiscard]] std::string stored(int number, std::string_view json, WallTime created_at) const override {
    const std::string whole = fmt::format(
        R"({{"_id": {{"$oid": "{}"}}, "createdAt": {{"$date": {{"$numberLong": "{}"}}}}, "document": {}}})", id(number),
        std::chrono::floor<std::chrono::milliseconds>(created_at).time_since_epoch().count(), json);
    bson_t* const document = parse(whole);
    std::string bytes(reinterpret_cast<const char*>(bson_get_data(document)), document->len);
    bson_destroy(document);
    return bytes;
  }
  [[nodiscard]] bool changes_hold_documents() const override { return true; }

 private:
  static bson_t* parse(const std::string& json) {
    bson_t* const document = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(json.data()),
                                                static_cast<ssize_t>(json.size()), nullptr);
    EXPORTER_CHECK(document != nullptr, "the test's own JSON is right");
    return document;
  }
  void run(const std::string& json) {
    bson_t* const command = parse(json);
    bson_error_t error;
    const bool done =
        mongoc_client_write_command_with_opts(client_, options_.database.c_str(), command, nullptr, nullptr, &error);
    bson_destroy(command);
    EXPORTER_CHECK(done, error.message);
  }

  mongodb::Options options_{.uri = Mongod::uri(), .database = Mongod::fresh_database()};
  mongoc_client_t* client_;
  std::unique_ptr<mongodb::Writer> writer_;
};

}  // namespace

std::unique_ptr<StoreWorld> make_mongodb_world() { return std::make_unique<MongodbWorld>(); }

}  // namespace exporter::testing
