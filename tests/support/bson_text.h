// BSON documents for tests, written as text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <bson/bson.h>

#include "base/check.h"

namespace exporter::testing {

// The bytes of the BSON document that `text` says in MongoDB's Extended JSON, canonical or relaxed (a bare 5 is an
// int32). A broken invariant if it says none.
inline std::string bson_of(std::string_view text) {
  bson_error_t error;
  bson_t* const document =
      bson_new_from_json(reinterpret_cast<const std::uint8_t*>(text.data()), static_cast<ssize_t>(text.size()), &error);
  EXPORTER_CHECK(document != nullptr, error.message);
  std::string bytes(reinterpret_cast<const char*>(bson_get_data(document)), document->len);
  bson_destroy(document);
  return bytes;
}

}  // namespace exporter::testing
