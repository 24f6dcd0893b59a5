#include "app/datastore.h"

#include <filesystem>
#include <system_error>
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

constexpr const char* kSqliteNames = "sqlite/main/health_events/";

std::string mongodb_names(const mongodb::Options& options) {
  return "mongodb/" + options.database + "/" + options.collection + "/";
}

Result<Datastore> open_sqlite(const config::Config::Datastore& given, Clock& clock) {
  const sqlite::Options options{.path = given.path};
  Datastore store{.provider = "sqlite",
                  .place = options.path,
                  .names = kSqliteNames,
                  .decoder = std::make_unique<decode::JsonDecoder>()};
  return sqlite::prepare(options)
      .and_then([&] { return take(sqlite::open_source(options, clock), store.source); })
      .and_then([&] { return take(sqlite::open_history(options), store.history); })
      .and_then([&] { return take(sqlite::open_documents(options), store.documents); })
      .and_then([&] { return take(sqlite::open_checkpoints(options), store.checkpoints); })
      .and_then([&] { return take(sqlite::open_dead_letters(options), store.dead_letters); })
      .map([&] { return std::move(store); })
      .map_error([&](const Error& error) { return error.with_context("datastore " + options.path); });
}

Result<Datastore> open_mongodb(const config::Config::Datastore& given, Clock& clock) {
  const mongodb::Options options = mongodb_options(given.mongodb);
  Datastore store{.provider = "mongodb",
                  .place = mongodb::redacted(options.uri),
                  .names = mongodb_names(options),
                  .decoder = std::make_unique<decode::BsonDecoder>()};
  return take(mongodb::open_source(options, clock), store.source)
      .and_then([&] { return take(mongodb::open_history(options), store.history); })
      .and_then([&] { return take(mongodb::open_documents(options), store.documents); })
      .and_then([&] { return take(mongodb::open_checkpoints(options), store.checkpoints); })
      .and_then([&] { return take(mongodb::open_dead_letters(options), store.dead_letters); })
      .and_then([&] { return take(mongodb::open_retention(options), store.retention); })
      .map([&] { return std::move(store); });
}

}  // namespace

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

Result<std::unique_ptr<ports::LeaseStore>> open_lease(const config::Config::Datastore& given, Duration patience) {
  return given.provider == config::Provider::sqlite ? sqlite::open_lease({.path = given.path})
                                                    : mongodb::open_lease(mongodb_options(given.mongodb), patience);
}

Result<Datastore> open_datastore(const config::Config::Datastore& given, Clock& clock) {
  return given.provider == config::Provider::sqlite ? open_sqlite(given, clock) : open_mongodb(given, clock);
}

Result<LetterStore> open_letter_store(const config::Config::Datastore& given) {
  if (given.provider != config::Provider::sqlite) {
    const mongodb::Options options = mongodb_options(given.mongodb);
    LetterStore store{.names = mongodb_names(options), .decoder = std::make_unique<decode::BsonDecoder>()};
    return take(mongodb::open_dead_letters(options), store.letters)
        .and_then([&] { return take(mongodb::open_documents(options), store.documents); })
        .map([&] { return std::move(store); });
  }
  const sqlite::Options options{.path = given.path};
  std::error_code error;
  if (!std::filesystem::exists(options.path, error)) {
    return fail(ErrorKind::invalid, "datastore " + options.path + ": there is no such file");
  }
  LetterStore store{.names = kSqliteNames, .decoder = std::make_unique<decode::JsonDecoder>()};
  return sqlite::prepare(options)
      .and_then([&] { return take(sqlite::open_dead_letters(options), store.letters); })
      .and_then([&] { return take(sqlite::open_documents(options), store.documents); })
      .map([&] { return std::move(store); })
      .map_error([&](const Error& failed) { return failed.with_context("datastore " + options.path); });
}

}  // namespace exporter::app
