// BSON documents to build and to look into, over libbson. Internal to this folder.
//
// A Bson owns its bytes; a Field is one element of a document and is valid while that document is unchanged.
// Thread-safety: plain values.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace exporter::mongodb {

// A moment of the cluster's logical clock: what MongoDB calls a timestamp. Seconds since 1970 and a counter within.
struct ClusterTime {
  std::uint32_t seconds = 0;
  std::uint32_t increment = 0;

  [[nodiscard]] bool known() const { return seconds != 0; }
  // Zero, "unknown", when it is not known.
  [[nodiscard]] WallTime wall() const { return WallTime(std::chrono::seconds(seconds)); }
};

// One element of a document or an array.
class Field {
 public:
  explicit Field(const bson_iter_t& place) : place_(place) {}

  [[nodiscard]] std::string_view key() const { return {bson_iter_key(&place_), bson_iter_key_len(&place_)}; }
  [[nodiscard]] bson_type_t type() const { return bson_iter_type(&place_); }
  // The bytes of an embedded document or array; nothing for any other type.
  [[nodiscard]] std::optional<std::string_view> document() const;
  // Nothing for any other type.
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<std::string_view> binary() const;
  // Of int32, int64 and whole doubles.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<ClusterTime> cluster_time() const;
  // Milliseconds since 1970.
  [[nodiscard]] std::optional<std::int64_t> date() const;
  [[nodiscard]] const bson_iter_t& place() const { return place_; }

 private:
  bson_iter_t place_;
};

// Walks the elements of a document or array. Ends early when the bytes are broken.
class Fields {
 public:
  explicit Fields(std::string_view document);
  // The next element, or nothing at the end.
  std::optional<Field> next();

 private:
  bson_iter_t place_{};
  bool good_;
};

// The element under `key` of the document with these bytes (its top level only), or nothing.
[[nodiscard]] std::optional<Field> find(std::string_view document, std::string_view key);
// The same along a path of embedded documents.
[[nodiscard]] std::optional<Field> find(std::string_view document, std::initializer_list<std::string_view> path);

// Are these the bytes of a well-formed document?
[[nodiscard]] bool is_document(std::string_view bytes);

// A document that is being built, or was received. Each add() appends an element and returns the document.
class Bson {
 public:
  Bson() { bson_init(&bson_); }
  // A copy of a document's bytes, which must be well-formed.
  explicit Bson(std::string_view document);
  Bson(const Bson&) = delete;
  Bson& operator=(const Bson&) = delete;
  Bson(Bson&& other) noexcept;
  Bson& operator=(Bson&& other) noexcept;
  ~Bson() { bson_destroy(&bson_); }

  Bson& add(std::string_view key, std::string_view text);
  Bson& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  Bson& add(std::string_view key, std::int32_t number);
  Bson& add(std::string_view key, std::int64_t number);
  Bson& add(std::string_view key, bool value);
  Bson& add(std::string_view key, ClusterTime time);
  Bson& add(std::string_view key, const Bson& document);
  Bson& add(std::string_view key, const Field& value);
  Bson& add_document(std::string_view key, std::string_view bytes);
  Bson& add_array(std::string_view key, std::initializer_list<const Bson*> documents);
  Bson& add_texts(std::string_view key, std::initializer_list<std::string_view> texts);
  Bson& add_texts(std::string_view key, std::span<const std::string> texts);
  // Milliseconds since 1970.
  Bson& add_date(std::string_view key, std::int64_t millis);
  // All elements of another document.
  Bson& add_all(const Bson& other);

  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] const bson_t* get() const { return &bson_; }
  // For the library to append to, or to fill anew.
  [[nodiscard]] bson_t* get() { return &bson_; }
  // Destroys what it holds and returns the uninitialised place: for functions that initialise their reply.
  [[nodiscard]] bson_t* receive();

 private:
  bson_t bson_;
};

}  // namespace exporter::mongodb
