#include "config/notes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "config/apply.h"

namespace exporter::config {

namespace {

struct Difference {
  std::string_view name;
  std::string_view text;
};

constexpr std::string_view kTokenText =
    "did nothing in the incumbent and does nothing here: progress is kept in the datastore itself";

constexpr std::array<Difference, 6> kKeyDifferences = {{
    {"exporter.backfill.batch_size", "did nothing in the incumbent; here it is the number of events read at a time"},
    {"exporter.backfill.max_events",
     "the incumbent kept whatever its datastore gave first, with MongoDB the oldest events; here the newest are kept"},
    {"exporter.resume_token.database", kTokenText},
    {"exporter.resume_token.collection", kTokenText},
    {"exporter.failure_handling.max_retries",
     "the incumbent exited when they were used up, and sent everything since the last checkpoint again; here "
     "failure_handling.on_exhausted decides, and by default the program goes on running"},
    {"exporter.failure_handling.max_backoff",
     "the incumbent stopped retrying when the delay reached it; here the delay stays at it and retrying goes on"},
}};

constexpr std::string_view kNowhere = "read by no part of the incumbent's exporter, nor by this one";
constexpr std::string_view kPing =
    "only steered the incumbent's check for a stored position; here a server that does not answer is tried again until "
    "it does";
constexpr std::string_view kAuthorityFile =
    "only steered the incumbent's check for a stored position; here certificate files are read anew for each "
    "connection, and tried again while they are missing";
constexpr std::string_view kReopen =
    "only steered the incumbent's check for a stored position; here a stream that breaks is opened again until it "
    "works";
constexpr std::string_view kPool = "the connections here are few and always the same number";

enum class When : std::uint8_t {
  always,
  mongodb,         // with MongoDB only
  sqlite,          // with the embedded datastore only: it belongs to another
  no_provider,     // with MongoDB, while DATASTORE_PROVIDER is unset
  yaml,            // with MongoDB out of YAML
  other_datastore  // with MongoDB or the embedded datastore: it belongs to PostgreSQL
};

struct VariableDifference {
  std::string_view name;
  std::string_view text;
  When when;
};

constexpr std::string_view kOtherStore = "belongs to a datastore that is not in use";
constexpr std::string_view kWantsProvider = "read only while DATASTORE_PROVIDER is set, as in the incumbent";
constexpr std::string_view kNotWithYaml = "not read with settings in YAML, as in the incumbent";
constexpr std::string_view kInUri = "not used with mongodb, as in the incumbent: put it into MONGODB_URI";

constexpr std::array kVariableDifferences = std::to_array<VariableDifference>({
    {"MONGODB_TLS_ENABLED", kNowhere, When::always},
    {"MONGODB_COLLECTION_EXPIRY_SECONDS", kNowhere, When::always},
    {"MONGODB_MAINTENANCE_EVENT_COLLECTION_NAME", kNowhere, When::always},
    {"UNPROCESSED_EVENTS_METRIC_UPDATE_INTERVAL_SECONDS", kNowhere, When::always},
    {"DATASTORE_MAX_CONNECTIONS", kPool, When::always},
    {"DATASTORE_MAX_IDLE_CONNECTIONS", kPool, When::always},
    {"MONGODB_PING_TIMEOUT_TOTAL_SECONDS", kPing, When::always},
    {"MONGODB_PING_INTERVAL_SECONDS", kPing, When::always},
    {"CA_CERT_MOUNT_TIMEOUT_TOTAL_SECONDS", kAuthorityFile, When::always},
    {"CA_CERT_READ_INTERVAL_SECONDS", kAuthorityFile, When::always},
    {"MONGODB_CHANGE_STREAM_RETRY_DEADLINE_SECONDS", kReopen, When::always},
    {"MONGODB_CHANGE_STREAM_RETRY_INTERVAL_SECONDS", kReopen, When::always},
    {"CHANGE_STREAM_RETRY_DEADLINE_SECONDS", kReopen, When::always},
    {"CHANGE_STREAM_RETRY_INTERVAL_SECONDS", kReopen, When::always},
    {"MONGODB_ENABLE_CERT_ROTATION",
     "always on: the client certificate and the authority are read anew for each connection", When::mongodb},
    {"MONGODB_COLLECTION_NAME", "the collection of events is always HealthEvents, as in the incumbent's exporter",
     When::mongodb},
    {"MONGODB_COLLECTION_NAME", kOtherStore, When::sqlite},
    {"MONGODB_ENABLE_CERT_ROTATION", kOtherStore, When::sqlite},
    {"MONGODB_URI", kOtherStore, When::sqlite},
    {"MONGODB_DATABASE_NAME", kOtherStore, When::sqlite},
    {"MONGODB_TOKEN_COLLECTION_NAME", kOtherStore, When::sqlite},
    {"MONGODB_USE_SYSTEM_TLS", kOtherStore, When::sqlite},
    {"MONGODB_CLIENT_CERT_PATH", kOtherStore, When::sqlite},
    {"MONGODB_CLIENT_KEY_PATH", kOtherStore, When::sqlite},
    {"MONGODB_CA_CERT_PATH", kOtherStore, When::sqlite},
    {"MONGODB_CLIENT_CERT_MOUNT_PATH", kOtherStore, When::sqlite},
    {"POSTGRESQL_CLIENT_CERT_MOUNT_PATH", kOtherStore, When::other_datastore},
    {"DATASTORE_HOST", kOtherStore, When::sqlite},
    {"DATASTORE_PORT", kOtherStore, When::sqlite},
    {"DATASTORE_DATABASE", kOtherStore, When::sqlite},
    {"DATASTORE_USERNAME", kOtherStore, When::sqlite},
    {"DATASTORE_PASSWORD", kOtherStore, When::sqlite},
    {"DATASTORE_SSLMODE", kOtherStore, When::sqlite},
    {"DATASTORE_SSLCERT", kOtherStore, When::sqlite},
    {"DATASTORE_SSLKEY", kOtherStore, When::sqlite},
    {"DATASTORE_SSLROOTCERT", kOtherStore, When::sqlite},
    {"DATASTORE_HOST", kWantsProvider, When::no_provider},
    {"DATASTORE_PORT", kWantsProvider, When::no_provider},
    {"DATASTORE_DATABASE", kWantsProvider, When::no_provider},
    {"DATASTORE_SSLCERT", kWantsProvider, When::no_provider},
    {"DATASTORE_SSLKEY", kWantsProvider, When::no_provider},
    {"DATASTORE_SSLROOTCERT", kWantsProvider, When::no_provider},
    {"MONGODB_CLIENT_CERT_MOUNT_PATH", kNotWithYaml, When::yaml},
    {"MONGODB_CLIENT_CERT_PATH", kNotWithYaml, When::yaml},
    {"MONGODB_CLIENT_KEY_PATH", kNotWithYaml, When::yaml},
    {"MONGODB_CA_CERT_PATH", kNotWithYaml, When::yaml},
    {"DATASTORE_USERNAME", kInUri, When::mongodb},
    {"DATASTORE_PASSWORD", kInUri, When::mongodb},
    {"DATASTORE_SSLMODE", kInUri, When::mongodb},
});

// Names of the YAML; the draft knows those that were given.
constexpr std::array<Difference, 4> kYamlDifferences = {{
    {"connection.username", kInUri},
    {"connection.password", kInUri},
    {"connection.sslmode", kInUri},
    {"options", kPool},
}};

bool applies(When when, Provider provider, const Environment& environment) {
  const auto is_set = [&](const char* name) { return set_variable(environment, name).has_value(); };
  switch (when) {
    case When::always:
      return true;
    case When::mongodb:
      return provider == Provider::mongodb;
    case When::sqlite:
      return provider == Provider::sqlite;
    case When::no_provider:
      return provider == Provider::mongodb && !is_set("DATASTORE_PROVIDER");
    case When::yaml:
      return provider == Provider::mongodb && !is_set("DATASTORE_PROVIDER") &&
             (is_set("DATASTORE_YAML") || is_set("DATASTORE_YAML_PATH"));
    case When::other_datastore:
      return provider != Provider::postgresql;
  }
  return false;
}

void add_variables(const Draft& draft, const Environment& environment, std::vector<Note>& notes) {
  const Provider provider = draft.config.datastore.provider;
  for (const VariableDifference& difference : kVariableDifferences) {
    std::string name(difference.name);
    const auto value = set_variable(environment, name);
    if (!value || !applies(difference.when, provider, environment)) {
      continue;
    }
    // The chart names the collection that is read anyway.
    if (name == "MONGODB_COLLECTION_NAME" && provider == Provider::mongodb && *value == "HealthEvents") {
      continue;
    }
    notes.push_back(Note{std::move(name), "environment", std::string(difference.text)});
  }
}

}  // namespace

std::vector<Note> make_notes(const Draft& draft, const Environment& environment) {
  std::vector<Note> notes;
  const auto add_given = [&](const Difference& difference) {
    if (const Origin* origin = draft.origin(difference.name)) {
      notes.push_back(Note{std::string(difference.name), to_string(*origin), std::string(difference.text)});
    }
  };
  std::for_each(kKeyDifferences.begin(), kKeyDifferences.end(), add_given);
  if (draft.config.datastore.provider == Provider::mongodb) {
    std::for_each(kYamlDifferences.begin(), kYamlDifferences.end(), add_given);
  }
  add_variables(draft, environment, notes);
  return notes;
}

}  // namespace exporter::config
