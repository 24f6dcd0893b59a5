// Everything the operator can set, typed, with the incumbent's names and defaults beside ours.
//
// Plain values; made by config/load.h, consumed by app/ which hands each module its own options.
// docs/configuration.md documents each key and is checked against config/keys.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace exporter::config {

enum class Provider : std::uint8_t { mongodb, postgresql, sqlite };
enum class Ordering : std::uint8_t { node, none, strict };
enum class OnExhausted : std::uint8_t { isolate, wait, dead_letter, exit };
enum class IdMode : std::uint8_t { stable, random };
enum class PayloadVersion : std::uint8_t { current, numeric_action };
enum class ClientAuth : std::uint8_t { client_secret_basic, client_secret_post };

struct Config {
  // --- flags ---
  std::string config_path = "/etc/config/config.toml";
  std::uint16_t metrics_port = 2112;
  std::string oidc_secret_path = "/var/secrets/oidc-client-secret";
  std::uint32_t workers = 1;  // requests in flight at most; <= 0 on the command line means 1

  // --- [exporter.metadata]: copied into every event; `cluster` is required ---
  std::vector<std::pair<std::string, std::string>> metadata;  // sorted by key

  // --- [exporter.sink] ---
  struct Sink {
    std::string endpoint;                         // http:// or https://
    Duration timeout = std::chrono::seconds(30);  // one whole exchange; 0 = none
    bool insecure_skip_verify = false;
    std::string ca_file;  // ours: PEM bundle used instead of the system's roots
  } sink;

  // --- [exporter.oidc] ---
  struct Oidc {
    std::string token_url;
    std::string client_id;
    std::string scope;
    bool insecure_skip_verify = false;
    std::string ca_file;                                       // ours
    ClientAuth client_auth = ClientAuth::client_secret_basic;  // ours
  } oidc;

  // --- [exporter.backfill] ---
  struct Backfill {
    bool enabled = false;
    Duration max_age = std::chrono::hours(720);
    std::int64_t max_events = 0;  // > 0 when enabled
    std::int64_t batch_size = 0;  // documents a page; <= 0 means 500
    std::int64_t rate_limit = 0;  // events a second; <= 0 means no limit
  } backfill;

  // --- [exporter.resume_token]: accepted and required as before; the datastore settings decide ---
  struct ResumeToken {
    std::string database;
    std::string collection;
  } resume_token;

  // --- [exporter.failure_handling] ---
  struct FailureHandling {
    std::int64_t max_retries = 0;
    Duration initial_backoff = std::chrono::seconds(1);
    Duration max_backoff = std::chrono::seconds(60);
    double backoff_multiplier = 0;
    OnExhausted on_exhausted = OnExhausted::isolate;  // ours
  } failure_handling;

  // --- [exporter.filter] ---
  struct Filter {
    std::string expression;  // it compiles; blank: every event is exported
  } filter;

  // --- ours: [exporter.event] ---
  struct Event {
    IdMode id_mode = IdMode::stable;
    PayloadVersion payload_version = PayloadVersion::current;
  } event;

  // --- ours: [exporter.delivery] ---
  struct Delivery {
    Ordering ordering = Ordering::node;
    std::int64_t ordering_relax_after = 10000;  // waiting events of one node; 0 = never
    std::int64_t queue_bytes = 16 << 20;        // events held in memory, in bytes
  } delivery;

  // --- ours: [exporter.checkpoint] ---
  struct Checkpoint {
    Duration interval = std::chrono::seconds(1);
  } checkpoint;

  // --- ours: [exporter.lease] ---
  struct Lease {
    bool enabled = true;
    Duration term = std::chrono::seconds(4);  // the same for all exporters of a datastore; 1 s to 1 h
  } lease;

  // --- ours: [exporter.readiness] ---
  struct Readiness {
    Duration max_export_lag = std::chrono::hours(1);  // zero: however much
  } readiness;

  // --- ours: [exporter.shutdown] ---
  struct Shutdown {
    Duration drain_timeout = std::chrono::seconds(20);
  } shutdown;

  // --- ours: [exporter.datastore]; the environment (DATASTORE_*) wins, as in the incumbent ---
  struct Datastore {
    Provider provider = Provider::mongodb;
    std::string path;  // sqlite: the file
    // Where it comes from: docs/configuration.md, "MongoDB". The collection of events is always HealthEvents.
    struct Mongodb {
      std::string uri = "mongodb://localhost:27017";  // may hold a password: hidden in every report
      std::string database;
      std::string token_database;  // where the token collection is; the incumbent lets the two differ
      std::string token_collection = "ResumeTokens";
      std::string ca_file;           // absolute; empty: the URI decides about TLS
      std::string certificate_file;  // with key_file and ca_file: MONGODB-X509
      std::string key_file;
      bool system_roots = false;  // TLS with the system's roots; nothing beside ca_file
      std::string app_name;       // empty: the client's own name
    } mongodb;
  } datastore;

  // --- environment ---
  std::string log_level;   // LOG_LEVEL as given
  std::string log_format;  // LOG_FORMAT as given
};

}  // namespace exporter::config
