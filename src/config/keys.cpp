#include "config/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "config/duration.h"
#include "config/text.h"
#include "config/url.h"

namespace exporter::config {

namespace {

constexpr std::array<std::string_view, 2> kClientAuths = {"client_secret_basic", "client_secret_post"};
constexpr std::array<std::string_view, 4> kOnExhausted = {"isolate", "wait", "dead_letter", "exit"};
constexpr std::array<std::string_view, 2> kIdModes = {"stable", "random"};
constexpr std::array<std::string_view, 2> kPayloadVersions = {"current", "numeric-action"};
constexpr std::array<std::string_view, 3> kOrderings = {"node", "none", "strict"};
constexpr std::array<std::string_view, 3> kProviders = {"mongodb", "postgresql", "sqlite"};

// A field of a section: FIELD(std::string, sink.endpoint) would be a macro; this is the same without one.
template <class T, auto Section, auto Member>
T& field(Config& config) {
  return config.*Section.*Member;
}
template <auto Section, auto Member>
constexpr auto at() {
  using T = std::remove_reference_t<decltype(std::declval<Config&>().*Section.*Member)>;
  return Target(Field<T>(&field<T, Section, Member>));
}
template <auto Section, auto Part, auto Member>
constexpr auto at() {
  using T = std::remove_reference_t<decltype(std::declval<Config&>().*Section.*Part.*Member)>;
  return Target(Field<T>([](Config& config) -> T& { return config.*Section.*Part.*Member; }));
}
template <auto Section, auto Member>
constexpr Target choice(std::span<const std::string_view> names) {
  using T = std::remove_reference_t<decltype(std::declval<Config&>().*Section.*Member)>;
  return Target(Choice{names, [](const Config& c) { return static_cast<std::uint8_t>(c.*Section.*Member); },
                       [](Config& c, std::uint8_t value) { c.*Section.*Member = static_cast<T>(value); }});
}

using C = Config;
using Store = Config::Datastore;
using Mongodb = Config::Datastore::Mongodb;

// clang-format off
const std::array<KeySpec, 45> kKeys = {{
    {"exporter.metadata.cluster", "string", "required",
     "Name of the cluster; part of every event. Any other key of this table is copied into every event too",
     MetadataTable{}},
    {"exporter.sink.endpoint", "URL", "required",
     "Where events are sent by POST",
     at<&C::sink, &C::Sink::endpoint>()},
    {"exporter.sink.timeout", "duration", "30s",
     "Longest time for one request, from connecting to the answer; 0 = no limit",
     at<&C::sink, &C::Sink::timeout>()},
    {"exporter.sink.insecure_skip_verify", "boolean", "false",
     "Do not check the certificate of the sink",
     at<&C::sink, &C::Sink::insecure_skip_verify>()},
    {"exporter.sink.ca_file", "string", "\"\"",
     "PEM file of the authorities to trust for the sink instead of those of the system",
     at<&C::sink, &C::Sink::ca_file>()},
    {"exporter.oidc.token_url", "URL", "required",
     "Token endpoint of the identity provider",
     at<&C::oidc, &C::Oidc::token_url>()},
    {"exporter.oidc.client_id", "string", "required",
     "Client id of the client credentials grant",
     at<&C::oidc, &C::Oidc::client_id>()},
    {"exporter.oidc.scope", "string", "required",
     "Scope to ask for",
     at<&C::oidc, &C::Oidc::scope>()},
    {"exporter.oidc.insecure_skip_verify", "boolean", "false",
     "Do not check the certificate of the token endpoint",
     at<&C::oidc, &C::Oidc::insecure_skip_verify>()},
    {"exporter.oidc.ca_file", "string", "\"\"",
     "PEM file of the authorities to trust for the token endpoint instead of those of the system",
     at<&C::oidc, &C::Oidc::ca_file>()},
    {"exporter.oidc.client_auth", "choice", "client_secret_basic",
     "How the client authenticates: client_secret_basic (header) or client_secret_post (form)",
     choice<&C::oidc, &C::Oidc::client_auth>(kClientAuths)},
    {"exporter.backfill.enabled", "boolean", "false",
     "Send stored events on the first start",
     at<&C::backfill, &C::Backfill::enabled>()},
    {"exporter.backfill.max_age", "duration", "720h",
     "Oldest event that the backfill sends",
     at<&C::backfill, &C::Backfill::max_age>()},
    {"exporter.backfill.max_events", "integer", "0",
     "Most events that the backfill sends, the newest ones; must be above 0 when the backfill is enabled",
     at<&C::backfill, &C::Backfill::max_events>()},
    {"exporter.backfill.batch_size", "integer", "0",
     "Events read from the datastore at a time; 0 or less = 500, at most 10000",
     at<&C::backfill, &C::Backfill::batch_size>()},
    {"exporter.backfill.rate_limit", "integer", "0",
     "Backfilled events a second; 0 or less = no limit",
     at<&C::backfill, &C::Backfill::rate_limit>()},
    {"exporter.resume_token.database", "string", "\"\"",
     "Accepted for old files, does nothing",
     at<&C::resume_token, &C::ResumeToken::database>()},
    {"exporter.resume_token.collection", "string", "\"\"",
     "Accepted for old files, does nothing",
     at<&C::resume_token, &C::ResumeToken::collection>()},
    {"exporter.failure_handling.max_retries", "integer", "0",
     "Retries of an event before it counts as exhausted; less than 0 = 0",
     at<&C::failure_handling, &C::FailureHandling::max_retries>()},
    {"exporter.failure_handling.initial_backoff", "duration", "1s",
     "Delay before the first retry",
     at<&C::failure_handling, &C::FailureHandling::initial_backoff>()},
    {"exporter.failure_handling.max_backoff", "duration", "1m",
     "Longest delay between retries; 0 = no limit",
     at<&C::failure_handling, &C::FailureHandling::max_backoff>()},
    {"exporter.failure_handling.backoff_multiplier", "number", "0",
     "Factor from one delay to the next; below 1 = constant delay",
     at<&C::failure_handling, &C::FailureHandling::backoff_multiplier>()},
    {"exporter.failure_handling.on_exhausted", "choice", "isolate",
     "When the retries of an event are used up: isolate (a dead letter if the sink takes others, else wait), wait, "
     "dead_letter, or exit",
     choice<&C::failure_handling, &C::FailureHandling::on_exhausted>(kOnExhausted)},
    {"exporter.filter.expression", "CEL", "\"\"",
     "Which events are exported: those for which this is true; blank = all",
     at<&C::filter, &C::Filter::expression>()},
    {"exporter.event.id_mode", "choice", "stable",
     "Event ids: stable (the same after a retry or restart) or random (as the incumbent)",
     choice<&C::event, &C::Event::id_mode>(kIdModes)},
    {"exporter.event.payload_version", "choice", "current",
     "Form of the event: current or numeric-action (older published example)",
     choice<&C::event, &C::Event::payload_version>(kPayloadVersions)},
    {"exporter.delivery.ordering", "choice", "node",
     "Order kept between events: node (of one node), none, or strict (node, never relaxed)",
     choice<&C::delivery, &C::Delivery::ordering>(kOrderings)},
    {"exporter.delivery.ordering_relax_after", "integer", "10000",
     "Waiting events of one node from which on they go out in parallel; 0 = never",
     at<&C::delivery, &C::Delivery::ordering_relax_after>()},
    {"exporter.delivery.queue_bytes", "integer", "16777216",
     "Bytes of events held in memory, 65536 to 4294967296",
     at<&C::delivery, &C::Delivery::queue_bytes>()},
    {"exporter.checkpoint.interval", "duration", "1s",
     "How often progress is saved, above 0; what was sent since is sent again after a crash",
     at<&C::checkpoint, &C::Checkpoint::interval>()},
    {"exporter.lease.enabled", "boolean", "true",
     "Only one of several exporters with the same progress sends; the others stand by",
     at<&C::lease, &C::Lease::enabled>()},
    {"exporter.lease.term", "duration", "4s",
     "How long a standby waits for a sign of life before it takes over, 1s to 1h; the same for all of them",
     at<&C::lease, &C::Lease::term>()},
    {"exporter.readiness.max_export_lag", "duration", "1h",
     "While delivery lags behind by more, /readyz fails; 0 = however much",
     at<&C::readiness, &C::Readiness::max_export_lag>()},
    {"exporter.shutdown.drain_timeout", "duration", "20s",
     "Longest time to finish requests under way after SIGTERM",
     at<&C::shutdown, &C::Shutdown::drain_timeout>()},
    {"exporter.datastore.provider", "choice", "mongodb",
     "Where events are read from: mongodb, postgresql or sqlite; DATASTORE_PROVIDER wins",
     choice<&C::datastore, &C::Datastore::provider>(kProviders)},
    {"exporter.datastore.path", "string", "\"\"",
     "File of the sqlite datastore, required there; DATASTORE_PATH wins",
     at<&C::datastore, &C::Datastore::path>()},
    {"exporter.datastore.uri", "MongoDB URI", "\"mongodb://localhost:27017\"",
     "Connection string of MongoDB, mongodb:// or mongodb+srv://; MONGODB_URI wins",
     at<&C::datastore, &Store::mongodb, &Mongodb::uri>()},
    {"exporter.datastore.database", "string", "\"\"",
     "Database of the collection HealthEvents, required with mongodb; DATASTORE_DATABASE and MONGODB_DATABASE_NAME win",
     at<&C::datastore, &Store::mongodb, &Mongodb::database>()},
    {"exporter.datastore.token_database", "string", "\"\"",
     "Database of the token collection; empty = that of the events; MONGODB_DATABASE_NAME wins",
     at<&C::datastore, &Store::mongodb, &Mongodb::token_database>()},
    {"exporter.datastore.token_collection", "string", "\"ResumeTokens\"",
     "Collection where progress is kept; MONGODB_TOKEN_COLLECTION_NAME wins",
     at<&C::datastore, &Store::mongodb, &Mongodb::token_collection>()},
    {"exporter.datastore.ca_file", "string", "\"\"",
     "PEM file of the authority to trust for MongoDB, an absolute path; empty = the URI decides about TLS",
     at<&C::datastore, &Store::mongodb, &Mongodb::ca_file>()},
    {"exporter.datastore.certificate_file", "string", "\"\"",
     "PEM file of the client certificate, which is the user then (MONGODB-X509); wants key_file and ca_file",
     at<&C::datastore, &Store::mongodb, &Mongodb::certificate_file>()},
    {"exporter.datastore.key_file", "string", "\"\"",
     "PEM file of the client certificate's key",
     at<&C::datastore, &Store::mongodb, &Mongodb::key_file>()},
    {"exporter.datastore.system_roots", "boolean", "false",
     "TLS to MongoDB that trusts the authorities of the system; MONGODB_USE_SYSTEM_TLS wins",
     at<&C::datastore, &Store::mongodb, &Mongodb::system_roots>()},
    {"exporter.datastore.app_name", "string", "\"\"",
     "Name of this client in the log of MongoDB; APP_NAME wins",
     at<&C::datastore, &Store::mongodb, &Mongodb::app_name>()},
}};

const std::array<EnvironmentSpec, 22> kEnvironment = {{
    {"LOG_LEVEL", "debug, info, warn (or warning) or error, in any case; anything else means info"},
    {"LOG_FORMAT", "json or text, in any case; anything else means text on a terminal and JSON elsewhere"},
    {"DATASTORE_PROVIDER", "mongodb, postgresql or sqlite; wins over exporter.datastore.provider"},
    {"DATASTORE_PATH", "File of the sqlite datastore; wins over exporter.datastore.path"},
    {"DATASTORE_YAML", "Datastore settings as YAML text; read while DATASTORE_PROVIDER is unset"},
    {"DATASTORE_YAML_PATH", "Datastore settings as a YAML file; read while the two before are unset"},
    {"DATASTORE_HOST", "URI or host of MongoDB; read with DATASTORE_PROVIDER, MONGODB_URI wins"},
    {"DATASTORE_PORT", "Port of a DATASTORE_HOST that is no URI, 27017 without; read with DATASTORE_PROVIDER"},
    {"DATASTORE_DATABASE", "Database of the events; read with DATASTORE_PROVIDER"},
    {"DATASTORE_SSLCERT", "PEM file of the client certificate; read with DATASTORE_PROVIDER, wins over those below"},
    {"DATASTORE_SSLKEY", "PEM file of its key; likewise"},
    {"DATASTORE_SSLROOTCERT", "PEM file of the authority to trust, an absolute path; likewise"},
    {"MONGODB_URI", "Connection string; wins over exporter.datastore.uri"},
    {"MONGODB_DATABASE_NAME", "Database of the token collection, and of the events unless another is named"},
    {"MONGODB_TOKEN_COLLECTION_NAME", "Collection of the token; wins over exporter.datastore.token_collection"},
    {"MONGODB_CLIENT_CERT_MOUNT_PATH", "Directory of tls.crt, tls.key and ca.crt"},
    {"MONGODB_CLIENT_CERT_PATH", "PEM file of the client certificate; wants the next two"},
    {"MONGODB_CLIENT_KEY_PATH", "PEM file of its key"},
    {"MONGODB_CA_CERT_PATH", "PEM file of the authority to trust, an absolute path; may stand alone"},
    {"MONGODB_USE_SYSTEM_TLS", "true, enabled, 1 or yes in any case: TLS that trusts the authorities of the system"},
    {"APP_NAME", "Name of this client in the log of MongoDB"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT", "Switches traces on: the collector, over OTLP gRPC; the other OTEL_ variables are in docs/tracing.md"},
}};
// clang-format on

struct Formatter {
  const KeySpec& key;
  Config& config;

  std::string operator()(Field<std::string> get) const {
    const std::string& value = get(config);
    const bool may_hold_secrets = key.type == "URL" || key.type == "MongoDB URI";
    return in_quotes(may_hold_secrets ? redact_url(value) : value);
  }
  std::string operator()(Field<Duration> get) const { return format_duration(get(config)); }
  std::string operator()(Field<bool> get) const { return get(config) ? "true" : "false"; }
  std::string operator()(Field<std::int64_t> get) const { return std::to_string(get(config)); }
  std::string operator()(Field<double> get) const { return fmt::format("{}", get(config)); }
  std::string operator()(const Choice& choice) const { return std::string(choice.names[choice.get(config)]); }
  std::string operator()(MetadataTable /*unused*/) const { return {}; }
};

}  // namespace

std::span<const KeySpec> all_keys() { return kKeys; }
std::span<const EnvironmentSpec> all_environment() { return kEnvironment; }

const KeySpec* find_key(std::string_view name) {
  const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const KeySpec& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

bool is_known_table(std::string_view table) {
  return std::any_of(kKeys.begin(), kKeys.end(), [&](const KeySpec& key) {
    return key.name.starts_with(table) && key.name.substr(table.size()).starts_with('.');
  });
}

std::string format_value(const KeySpec& key, Config config) { return std::visit(Formatter{key, config}, key.target); }

}  // namespace exporter::config
