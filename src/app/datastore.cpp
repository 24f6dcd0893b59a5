#include "app/datastore.h"

#include <utility>

#include "decode/bson_decoder.h"
#include "decode/json_decoder.h"
#include "source/sqlite/store.h"

namespace exporter::app {

namespace {

template <class T>
Result<void> take(Result<std::unique_ptr<T>> opened, std::unique_ptr<T>& into) {
  if (!opened) {
    return fail(opened.error());
  }
  into = std::move(*opened);
  return {};
}

Result<Datastore> open_sqlite(const config::Config::Datastore& given, Clock& clock) {
  const sqlite::Options options{.path = given.path};
  Datastore store{.provider = "sqlite",
                  .place = options.path,
                  .names = "sqlite/main/health_events/",
                  .decoder = std::make_unique<decode::JsonDecoder>()};
  return sqlite::prepare(options)
      .and_then([&] { return take(sqlite::open_source(options, clock), store.source); })
      .and_then([&] { return take(sqlite::open_history(options), store.history); })
      .and_then([&] { return take(sqlite::open_checkpoints(options), store.checkpoints); })
      .and_then([&] { return take(sqlite::open_dead_letters(options), store.dead_letters); })
      .map([&] { return std::move(store); })
      .map_error([&](const Error& error) { return error.with_context("datastore " + options.path); });
}

Result<Datastore> open_mongodb(const config::Config::Datastore& given, Clock& clock) {
  const mongodb::Options options = mongodb_options(given.mongodb);
  Datastore store{.provider = "mongodb",
                  .place = mongodb::redacted(options.uri),
                  .names = "mongodb/" + options.database + "/" + options.collection + "/",
                  .decoder = std::make_unique<decode::BsonDecoder>()};
  return take(mongodb::open_source(options, clock), store.source)
      .and_then([&] { return take(mongodb::open_history(options), store.history); })
      .and_then([&] { return take(mongodb::open_checkpoints(options), store.checkpoints); })
      .and_then([&] { return take(mongodb::open_dead_letters(options), store.dead_letters); })
      .map([&] { return std::move(store); });
}

}  // namespace

void Datastore::close() {
  source.reset();
  history.reset();
  checkpoints.reset();
  dead_letters.reset();
}

mongodb::Options mongodb_options(const config::Config::Datastore::Mongodb& given) {
  mongodb::Options options;
  options.uri = given.uri;
  options.database = given.database;
  options.token_database = given.token_database;
  options.token_collection = given.token_collection;
  options.app_name = given.app_name;
  options.ca_file = given.ca_file;
  options.certificate_file = given.certificate_file;
  options.key_file = given.key_file;
  options.system_roots = given.system_roots;
  return options;
}

Result<Datastore> open_datastore(const config::Config::Datastore& given, Clock& clock) {
  return given.provider == config::Provider::sqlite ? open_sqlite(given, clock) : open_mongodb(given, clock);
}

}  // namespace exporter::app
