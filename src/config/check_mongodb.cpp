#include "config/check_mongodb.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "config/mongodb_uri.h"
#include "config/text.h"
#include "config/url.h"

namespace exporter::config {

namespace {

// The collection that NVSentinel writes events to; the incumbent's exporter takes no other.
constexpr std::string_view kEvents = "HealthEvents";

void check_uri(Draft& draft) {
  const Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  const std::string_view key = "exporter.datastore.uri";
  if (draft.origin(key) == nullptr) {
    draft.warning(key, fmt::format("nothing names the server, {} is used", in_quotes(mongodb.uri)), "set MONGODB_URI");
  }
  if (const Result<void> good = check_mongodb_uri(mongodb.uri); !good) {
    return draft.error(key, in_quotes(redact_url(mongodb.uri)) + " " + good.error().message,
                       R"(write it like "mongodb://user:password@host:27017/?replicaSet=rs0")");
  }
  if (!mongodb.certificate_file.empty() && has_user(mongodb.uri)) {
    draft.warning(key, "the user and password in it are not used: the client certificate is the user",
                  "remove them from the URI, or give no client certificate");
  }
}

// https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions, for servers on Linux
void check_database(Draft& draft, std::string_view key, const std::string& name) {
  const bool good = name.size() < 64 && name.find_first_of(std::string_view("/\\. \"$\0", 7)) == std::string::npos;
  if (!good) {
    draft.error(key, in_quotes(name) + " is not the name of a database", R"(give it like "HealthEventsDatabase")");
  }
}

void check_token_collection(Draft& draft) {
  const Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  const std::string& name = mongodb.token_collection;
  const std::string_view key = "exporter.datastore.token_collection";
  if (draft.origin(key) == nullptr) {
    draft.warning(key, fmt::format("nothing names it, progress is kept in {}", in_quotes(name)),
                  "set MONGODB_TOKEN_COLLECTION_NAME, without which the incumbent does not start");
  }
  const bool good = !name.empty() && !name.starts_with("system.") && !name.starts_with('.') &&
                    name.find_first_of(std::string_view("$\0", 2)) == std::string::npos;
  if (!good) {
    draft.error(key, in_quotes(name) + " is not the name of a collection", R"(give it like "ResumeTokens")");
  } else if (name == kEvents && mongodb.token_database == mongodb.database) {
    draft.error(key, "is the collection of the events themselves", R"(give it like "ResumeTokens")");
  }
}

}  // namespace

void check_mongodb(Draft& draft) {
  const Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  check_uri(draft);
  if (mongodb.database.empty()) {
    draft.error("exporter.datastore.database", "is required with mongodb",
                "set MONGODB_DATABASE_NAME to the database of the health events, or give it here");
  } else {
    check_database(draft, "exporter.datastore.database", mongodb.database);
    check_database(draft, "exporter.datastore.token_database", mongodb.token_database);
  }
  check_token_collection(draft);
  if (mongodb.system_roots && !mongodb.ca_file.empty()) {
    draft.warning("exporter.datastore.system_roots",
                  fmt::format("has no effect: only the authority in {} is trusted", in_quotes(mongodb.ca_file)),
                  "remove one of them");
  }
}

}  // namespace exporter::config
