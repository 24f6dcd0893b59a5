// The datastore that a lab command is given on its command line: the path of an SQLite file, or a MongoDB URI whose path
// names the database, like mongodb://127.0.0.1:27017/nvsentinel?replicaSet=rs0.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "app/datastore.h"
#include "base/clock.h"
#include "base/error.h"
#include "lab/feeder.h"

namespace exporter::cli {

// For the help of --datastore.
inline constexpr std::string_view kLabStoreHelp = "the SQLite file, or a mongodb:// URI that names the database";

// Errors: invalid: a URI without a database.
Result<config::Config::Datastore> parse_lab_store(const std::string& text);

// Writes generated events into it; an SQLite file is created when it is missing. Errors: transient, invalid, corrupt.
Result<std::unique_ptr<lab::DocumentWriter>> open_lab_writer(const std::string& text);

// Its ports, to read it. `clock` must outlive them. Errors: transient, invalid, corrupt.
Result<app::Datastore> open_lab_store(const std::string& text, Clock& clock);

}  // namespace exporter::cli
