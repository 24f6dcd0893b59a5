#include "config/datastore.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/apply.h"
#include "config/datastore_yaml.h"
#include "config/keys.h"
#include "config/mongodb_tls.h"
#include "config/mongodb_uri.h"
#include "config/text.h"
#include "config/url.h"

namespace exporter::config {

namespace {

constexpr std::string_view kProviderKey = "exporter.datastore.provider";
constexpr std::string_view kUriKey = "exporter.datastore.uri";
constexpr std::string_view kDatabaseKey = "exporter.datastore.database";
constexpr std::string_view kTokenDatabaseKey = "exporter.datastore.token_database";
constexpr std::string_view kTokenCollectionKey = "exporter.datastore.token_collection";
constexpr std::string_view kSystemRootsKey = "exporter.datastore.system_roots";
constexpr std::string_view kAppNameKey = "exporter.datastore.app_name";

// The database that DATASTORE_DATABASE names when nobody chose one: MONGODB_DATABASE_NAME wins over it.
constexpr std::string_view kUnchosenDatabase = "nvsentinel";
constexpr std::uint16_t kMongodbPort = 27017;

struct Source {
  bool yaml = false;
  DatastoreValues values;

  [[nodiscard]] const Given* find(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kVariables = {{
    {"provider", "DATASTORE_PROVIDER"},
    {"connection.host", "DATASTORE_HOST"},
    {"connection.port", "DATASTORE_PORT"},
    {"connection.database", "DATASTORE_DATABASE"},
    {"connection.sslcert", "DATASTORE_SSLCERT"},
    {"connection.sslkey", "DATASTORE_SSLKEY"},
    {"connection.sslrootcert", "DATASTORE_SSLROOTCERT"},
}};

DatastoreValues read_variables(const Environment& environment) {
  DatastoreValues values;
  for (const auto& [name, variable] : kVariables) {
    if (auto given = given_variable(environment, std::string(variable))) {
      values.emplace(name, *std::move(given));
    }
  }
  return values;
}

Source read_yaml(const Given& variable, const std::string& text, const std::string& name, Draft& draft) {
  const auto is_error = [](const Problem& problem) { return problem.severity == Severity::error; };
  const auto errors = [&] { return std::count_if(draft.problems.begin(), draft.problems.end(), is_error); };
  const auto before = errors();
  Source source{true, read_datastore_yaml(text, name, draft)};
  if (errors() != before) {
    draft.mark_broken(kProviderKey);  // nothing else should be concluded from half of a text
  } else if (source.find("provider") == nullptr) {
    draft.problem_at(variable.origin, Severity::error, "holds no provider", "add provider: mongodb");
    draft.mark_broken(kProviderKey);
  }
  return source;
}

Source read_source(const Environment& environment, const Files& files, Draft& draft) {
  if (set_variable(environment, "DATASTORE_PROVIDER")) {
    return Source{false, read_variables(environment)};
  }
  if (const auto yaml = given_variable(environment, "DATASTORE_YAML")) {
    return read_yaml(*yaml, yaml->value, yaml->origin.name, draft);
  }
  const auto path = given_variable(environment, "DATASTORE_YAML_PATH");
  if (!path) {
    return {};
  }
  const Result<std::string> text = files.read(path->value);
  if (text) {
    return read_yaml(*path, *text, printable(path->value), draft);
  }
  draft.problem_at(path->origin, Severity::error,
                   fmt::format("{} cannot be read: {}", in_quotes(path->value), text.error().message),
                   "name a file in YAML, or unset it");
  draft.mark_broken(kProviderKey);
  return Source{true, {}};
}

void apply_provider(const Source& source, Draft& draft) {
  const Given* given = source.find("provider");
  if (given == nullptr) {
    return;
  }
  const auto& choice = std::get<Choice>(find_key(kProviderKey)->target);
  const auto found = std::find(choice.names.begin(), choice.names.end(), fold(given->value));
  const Config& config = draft.config;
  const auto index = static_cast<std::uint8_t>(found - choice.names.begin());
  if (found == choice.names.end() || choice.get(config) != index) {
    draft.warn_overridden(kProviderKey, given->origin);
  }
  draft.came_from(kProviderKey, given->origin);
  if (found == choice.names.end()) {
    draft.error(kProviderKey, in_quotes(given->value) + " is not known",
                R"(set it to "sqlite", "mongodb" or "postgresql")");
  } else {
    choice.set(draft.config, index);
  }
}

void apply_path(const Environment& environment, Draft& draft) {
  if (const auto given = given_variable(environment, "DATASTORE_PATH")) {
    draft.take("exporter.datastore.path", draft.config.datastore.path, *given);
  }
}

std::uint16_t port_of(const Source& source, Draft& draft) {
  const Given* given = source.find("connection.port");
  if (given == nullptr) {
    return kMongodbPort;
  }
  std::uint16_t port = 0;
  const std::string& text = given->value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    draft.problem_at(given->origin, Severity::warning,
                     fmt::format("{} is not a port, {} is used", in_quotes(text), kMongodbPort),
                     "give a number of 1 to 65535");
    return kMongodbPort;
  }
  return port;
}

// The incumbent takes a whole URI only; a plain name can mean but one thing.
Given uri_of_host(const Source& source, const Given& host, Draft& draft) {
  std::vector<std::pair<std::string, std::string>> options;
  const std::string prefix = std::string(kExtraParams) + ".";
  for (const auto& [name, given] : source.values) {
    if (name.starts_with(prefix)) {
      options.emplace_back(name.substr(prefix.size()), given.value);
    }
  }
  Given uri{make_mongodb_uri(host.value, port_of(source, draft), options), host.origin};
  draft.problem_at(host.origin, Severity::warning,
                   fmt::format("is no URI, {} is used", in_quotes(redact_url(uri.value))),
                   "set MONGODB_URI to the whole URI");
  return uri;
}

void apply_uri(const Environment& environment, const Source& source, Draft& draft) {
  std::string& uri = draft.config.datastore.mongodb.uri;
  if (const auto given = given_variable(environment, "MONGODB_URI")) {
    return draft.take(kUriKey, uri, *given);
  }
  if (const Given* host = source.find("connection.host")) {
    const bool is_uri = host->value.find("://") != std::string::npos;
    return draft.take(kUriKey, uri, is_uri ? *host : uri_of_host(source, *host, draft));
  }
}

void apply_databases(const Environment& environment, const Source& source, Draft& draft) {
  Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  const auto name = given_variable(environment, "MONGODB_DATABASE_NAME");
  const Given* database = source.find("connection.database");
  if (name && (database == nullptr || (!source.yaml && database->value == kUnchosenDatabase))) {
    database = &*name;
  }
  const bool from_file = database == nullptr;
  if (database != nullptr) {
    draft.take(kDatabaseKey, mongodb.database, *database);
  }
  if (name) {
    draft.take(kTokenDatabaseKey, mongodb.token_database, *name);
  } else if (mongodb.token_database.empty() && !mongodb.database.empty()) {
    mongodb.token_database = mongodb.database;
    if (const Origin* origin = draft.origin(kDatabaseKey)) {
      draft.came_from(kTokenDatabaseKey, Origin(*origin));
    }
    if (!from_file) {
      draft.warning(
          kTokenDatabaseKey,
          fmt::format("MONGODB_DATABASE_NAME is not set, progress is kept in {} too", in_quotes(mongodb.database)),
          "set MONGODB_DATABASE_NAME, without which the incumbent does not start");
    }
  }
}

// As the incumbent reads switches: "on" is not among them.
bool is_truthy(std::string_view text) {
  const std::string word = fold(trimmed(text));
  return word == "true" || word == "enabled" || word == "1" || word == "yes";
}

// They do nothing here (notes.cpp), but one that is no number was not meant like that. The incumbent took it for a
// failed check of the stored position, and so for a reason to send the whole history again.
void doubt_numbers(const Environment& environment, Draft& draft) {
  for (const char* name :
       {"MONGODB_PING_TIMEOUT_TOTAL_SECONDS", "MONGODB_PING_INTERVAL_SECONDS", "CA_CERT_MOUNT_TIMEOUT_TOTAL_SECONDS",
        "CA_CERT_READ_INTERVAL_SECONDS", "MONGODB_CHANGE_STREAM_RETRY_DEADLINE_SECONDS",
        "MONGODB_CHANGE_STREAM_RETRY_INTERVAL_SECONDS", "CHANGE_STREAM_RETRY_DEADLINE_SECONDS",
        "CHANGE_STREAM_RETRY_INTERVAL_SECONDS", "DATASTORE_MAX_CONNECTIONS", "DATASTORE_MAX_IDLE_CONNECTIONS"}) {
    const auto given = given_variable(environment, name);
    std::int64_t number = 0;
    const char* const begin = given ? given->value.data() : nullptr;
    const char* const end = given ? begin + given->value.size() : nullptr;
    if (given && (std::from_chars(begin, end, number).ptr != end || number <= 0)) {
      draft.problem_at(given->origin, Severity::warning,
                       in_quotes(given->value) + " is not a whole number above 0; it has no effect here",
                       "correct or unset it");
    }
  }
}

void apply_mongodb(const Environment& environment, const Files& files, const Source& source, Draft& draft) {
  Config::Datastore::Mongodb& mongodb = draft.config.datastore.mongodb;
  doubt_numbers(environment, draft);
  apply_uri(environment, source, draft);
  apply_databases(environment, source, draft);
  if (const auto given = given_variable(environment, "MONGODB_TOKEN_COLLECTION_NAME")) {
    draft.take(kTokenCollectionKey, mongodb.token_collection, *given);
  }
  apply_mongodb_tls(environment, files, source.values, source.yaml, draft);
  if (const auto given = given_variable(environment, "MONGODB_USE_SYSTEM_TLS")) {
    const bool on = is_truthy(given->value);
    if (on != mongodb.system_roots) {
      draft.warn_overridden(kSystemRootsKey, given->origin);
    }
    draft.came_from(kSystemRootsKey, Origin(given->origin));
    mongodb.system_roots = on;
  }
  if (const auto given = given_variable(environment, "APP_NAME")) {
    draft.take(kAppNameKey, mongodb.app_name, *given);
  }
}

}  // namespace

void apply_datastore(const Environment& environment, const Files& files, Draft& draft) {
  const Source source = read_source(environment, files, draft);
  apply_provider(source, draft);
  apply_path(environment, draft);
  if (draft.config.datastore.provider == Provider::mongodb && !draft.is_broken(kProviderKey)) {
    apply_mongodb(environment, files, source, draft);
  }
}

}  // namespace exporter::config
