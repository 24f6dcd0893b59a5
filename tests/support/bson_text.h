// BSON documents for tests, from text or from their parts.
#pragma once

#include <cstddef>
#include <cstdint>
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

// For what Extended JSON cannot say (a key twice, text that is no UTF-8, broken documents), from the parts: an element's
// type, key and value; a size; a document around its elements; a string as a value.
inline std::string element(char type, std::string_view key, std::string_view value) {
  return std::string(1, type).append(key).append(1, '\0').append(value);
}

inline std::string size_of(std::size_t size) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(size >> (8 * i));
  }
  return bytes;
}

inline std::string document_of(const std::string& elements) { return size_of(elements.size() + 5) + elements + '\0'; }

inline std::string text_of(std::string_view text) { return size_of(text.size() + 1).append(text).append(1, '\0'); }

}  // namespace exporter::testing
