// MongoDB as NVSentinel uses it: the collection of health events, its change stream, and the collection of resume tokens.
//
// What the incumbent stored is understood, and what we store it understands: the same database and collections, the same
// client name, the stream's token as the server gave it (docs/mongodb.md). Each object opened here has a client of its
// own, connects when it is first used, connects again by itself after every failure, and re-reads the certificate files
// when it does. Adapter of ports/; the library is libmongoc and is not shown.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/lease.h"
#include "ports/retention.h"
#include "ports/source.h"

namespace exporter::mongodb {

struct Options {
  std::string uri = {};  // mongodb:// or mongodb+srv://; may hold a password: never logged
  std::string database = {};
  std::string collection = "HealthEvents";
  std::string token_database = {};  // empty: the same database
  std::string token_collection = "ResumeTokens";
  std::string client_name = "event-exporter";  // whose progress, lease and dead letters
  std::string app_name = {};                   // shown in the server's log; empty: the client name

  // PEM files. With a CA the connection uses TLS and trusts this CA alone; with certificate and key too, the user is
  // the certificate's subject (MONGODB-X509). Without any, the URI's own options decide.
  std::string ca_file = {};
  std::string certificate_file = {};
  std::string key_file = {};
  bool system_roots = false;  // TLS with the system's roots
};

// For logs: user and password replaced, also badly escaped ones, and the values of options that hold secrets.
std::string redacted(const std::string& uri);

// `clock` must outlive the source. None of the seven needs the server to be there.
// Errors of all seven: invalid (options or URI that can never work).
Result<std::unique_ptr<ports::Source>> open_source(const Options& options, Clock& clock);
Result<std::unique_ptr<ports::History>> open_history(const Options& options);
Result<std::unique_ptr<ports::CheckpointStore>> open_checkpoints(const Options& options);
Result<std::unique_ptr<ports::DeadLetters>> open_dead_letters(const Options& options);
Result<std::unique_ptr<ports::Documents>> open_documents(const Options& options);
Result<std::unique_ptr<ports::Retention>> open_retention(const Options& options);
// `patience`: the longest time that a write of the lease may wait for a majority. A lease that is not renewed within
// its term is worth nothing, so a server that is slower may as well be silent.
Result<std::unique_ptr<ports::LeaseStore>> open_lease(const Options& options, Duration patience);

// Inserts documents as they are given. Used by the lab and by tests; in production the platform connector writes.
// Thread-safety: used by one thread at a time.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const Options& options);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // BSON documents, each whole, in one ordered insertMany per server batch, with majority write concern.
  // Errors: transient (some may have been inserted), rejected when the server refuses one.
  Result<void> insert(std::span<const std::string_view> documents);

 private:
  struct Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::mongodb
