// The datastore of a configuration: the ports that the pipeline and the lab work with, whichever database it is.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "decode/decoder.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/lease.h"
#include "ports/retention.h"
#include "ports/source.h"
#include "source/mongodb/store.h"

namespace exporter::app {

struct Datastore {
  std::string provider;
  std::string place;  // for the log; no secrets
  // The start of the name that an event id is made from: provider/database/table/. It must never change.
  std::string names;
  std::unique_ptr<decode::Decoder> decoder = {};  // of its documents
  // Each with a connection of its own.
  std::unique_ptr<ports::Source> source = {};
  std::unique_ptr<ports::History> history = {};
  std::unique_ptr<ports::Documents> documents = {};
  std::unique_ptr<ports::CheckpointStore> checkpoints = {};
  std::unique_ptr<ports::DeadLetters> dead_letters = {};
  std::unique_ptr<ports::Retention> retention = {};  // null: the datastore drops no changes by itself
};

// What is needed to look at dead letters.
struct LetterStore {
  std::string names;  // as of Datastore
  std::unique_ptr<decode::Decoder> decoder = {};
  // Each with a connection of its own.
  std::unique_ptr<ports::DeadLetters> letters = {};
  std::unique_ptr<ports::Documents> documents = {};
};

mongodb::Options mongodb_options(const config::Config::Datastore::Mongodb& given);

// Makes an SQLite file ready; needs no answer of a MongoDB server. `clock` must outlive the result.
// Errors: invalid, corrupt, transient, as the adapters say.
Result<Datastore> open_datastore(const config::Config::Datastore& given, Clock& clock);

// The same, but an SQLite file must be there already.
Result<LetterStore> open_letter_store(const config::Config::Datastore& given);

// The lease beside the progress of a datastore that was opened before, with a connection of its own. `patience`:
// longest time for one call, as far as the provider can keep it. Errors as above.
Result<std::unique_ptr<ports::LeaseStore>> open_lease(const config::Config::Datastore& given, Duration patience);

}  // namespace exporter::app
