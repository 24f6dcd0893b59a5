// The file's tables and its identity. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "source/sqlite/connection.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

// Written into the file's header (PRAGMA application_id), so that another program's file is recognised: "evex".
inline constexpr std::int64_t kApplicationId = 0x65766578;
// The schema that this program writes and understands (PRAGMA user_version).
inline constexpr std::int64_t kSchemaVersion = 1;

// An open file of ours.
struct Store {
  Connection connection;
  std::string fingerprint;  // the first digits of the file's own UUID: stands in every position and cursor
};

// What a connection is for.
enum class Purpose {
  read,
  write_lazy,     // synchronous = NORMAL: a commit survives the process, not always the machine
  write_durable,  // synchronous = FULL: a commit is on the disk when it returns
};

// Opens a prepared file. Errors: transient (also when it is gone); invalid: not a prepared file of this version;
// corrupt.
Result<Store> open_store(const Options& options, Purpose purpose);

}  // namespace exporter::sqlite
