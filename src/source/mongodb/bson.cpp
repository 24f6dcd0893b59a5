#include "source/mongodb/bson.h"

#include <cmath>
#include <utility>

#include "base/check.h"

namespace exporter::mongodb {

namespace {

const std::uint8_t* data_of(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
std::string_view view_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
int length_of(std::string_view text) { return static_cast<int>(text.size()); }

// Appending fails only when a document would pass 2 GiB.
void must(bool appended) { EXPORTER_CHECK(appended, "a BSON document takes one more element"); }

}  // namespace

std::optional<std::string_view> Field::document() const {
  std::uint32_t size = 0;
  const std::uint8_t* data = nullptr;
  if (BSON_ITER_HOLDS_DOCUMENT(&place_)) {
    bson_iter_document(&place_, &size, &data);
  } else if (BSON_ITER_HOLDS_ARRAY(&place_)) {
    bson_iter_array(&place_, &size, &data);
  }
  return data == nullptr ? std::nullopt : std::optional(view_of(data, size));
}

std::optional<std::string_view> Field::text() const {
  if (!BSON_ITER_HOLDS_UTF8(&place_)) {
    return std::nullopt;
  }
  std::uint32_t size = 0;
  const char* const text = bson_iter_utf8(&place_, &size);
  return std::string_view(text, size);
}

std::optional<std::string_view> Field::binary() const {
  if (!BSON_ITER_HOLDS_BINARY(&place_)) {
    return std::nullopt;
  }
  bson_subtype_t subtype{};
  std::uint32_t size = 0;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&place_, &subtype, &size, &data);
  return view_of(data, size);
}

std::optional<std::int64_t> Field::integer() const {
  if (BSON_ITER_HOLDS_INT32(&place_) || BSON_ITER_HOLDS_INT64(&place_)) {
    return bson_iter_as_int64(&place_);
  }
  if (BSON_ITER_HOLDS_DOUBLE(&place_)) {
    const double number = bson_iter_double(&place_);
    if (number == std::trunc(number) && std::abs(number) < 9e15) {
      return static_cast<std::int64_t>(number);
    }
  }
  return std::nullopt;
}

std::optional<ClusterTime> Field::cluster_time() const {
  if (!BSON_ITER_HOLDS_TIMESTAMP(&place_)) {
    return std::nullopt;
  }
  ClusterTime time;
  bson_iter_timestamp(&place_, &time.seconds, &time.increment);
  return time;
}

std::optional<std::int64_t> Field::date() const {
  return BSON_ITER_HOLDS_DATE_TIME(&place_) ? std::optional(bson_iter_date_time(&place_)) : std::nullopt;
}

Fields::Fields(std::string_view document)
    : good_(bson_iter_init_from_data(&place_, data_of(document), document.size())) {}

std::optional<Field> Fields::next() {
  good_ = good_ && bson_iter_next(&place_);
  return good_ ? std::optional(Field(place_)) : std::nullopt;
}

std::optional<Field> find(std::string_view document, std::string_view key) {
  Fields fields(document);
  while (auto field = fields.next()) {
    if (field->key() == key) {
      return field;
    }
  }
  return std::nullopt;
}

std::optional<Field> find(std::string_view document, std::initializer_list<std::string_view> path) {
  std::optional<Field> field;
  std::optional<std::string_view> inside = document;
  for (const std::string_view key : path) {
    field = inside ? find(*inside, key) : std::nullopt;
    inside = field ? field->document() : std::nullopt;
  }
  return field;
}

bool is_document(std::string_view bytes) {
  bson_t document;
  return bson_init_static(&document, data_of(bytes), bytes.size()) &&
         bson_validate(&document, BSON_VALIDATE_NONE, nullptr);
}

Bson::Bson(std::string_view document) {
  bson_t view;
  EXPORTER_CHECK(bson_init_static(&view, data_of(document), document.size()), "a document has its length in front");
  bson_copy_to(&view, &bson_);
}

Bson::Bson(Bson&& other) noexcept : Bson() { *this = std::move(other); }

Bson& Bson::operator=(Bson&& other) noexcept {
  if (this != &other) {
    bson_steal(receive(), other.get());
    bson_init(&other.bson_);
  }
  return *this;
}

bson_t* Bson::receive() {
  bson_destroy(&bson_);
  return &bson_;
}

std::string_view Bson::bytes() const { return view_of(bson_get_data(&bson_), bson_.len); }

Bson& Bson::add(std::string_view key, std::string_view text) {
  must(
      bson_append_utf8(&bson_, key.data(), length_of(key), text.data() == nullptr ? "" : text.data(), length_of(text)));
  return *this;
}
Bson& Bson::add(std::string_view key, std::int32_t number) {
  must(bson_append_int32(&bson_, key.data(), length_of(key), number));
  return *this;
}
Bson& Bson::add(std::string_view key, std::int64_t number) {
  must(bson_append_int64(&bson_, key.data(), length_of(key), number));
  return *this;
}
Bson& Bson::add(std::string_view key, bool value) {
  must(bson_append_bool(&bson_, key.data(), length_of(key), value));
  return *this;
}
Bson& Bson::add(std::string_view key, ClusterTime time) {
  must(bson_append_timestamp(&bson_, key.data(), length_of(key), time.seconds, time.increment));
  return *this;
}
Bson& Bson::add(std::string_view key, const Bson& document) {
  must(bson_append_document(&bson_, key.data(), length_of(key), document.get()));
  return *this;
}
Bson& Bson::add(std::string_view key, const Field& value) {
  must(bson_append_iter(&bson_, key.data(), length_of(key), &value.place()));
  return *this;
}
Bson& Bson::add_document(std::string_view key, std::string_view bytes) {
  bson_t view;
  EXPORTER_CHECK(bson_init_static(&view, data_of(bytes), bytes.size()), "a document has its length in front");
  must(bson_append_document(&bson_, key.data(), length_of(key), &view));
  return *this;
}

Bson& Bson::add_array(std::string_view key, std::initializer_list<const Bson*> documents) {
  bson_t array;
  must(bson_append_array_begin(&bson_, key.data(), length_of(key), &array));
  const char* index = nullptr;
  char digits[16];
  std::uint32_t count = 0;
  for (const Bson* const document : documents) {
    const std::size_t size = bson_uint32_to_string(count++, &index, digits, sizeof digits);
    must(bson_append_document(&array, index, static_cast<int>(size), document->get()));
  }
  must(bson_append_array_end(&bson_, &array));
  return *this;
}

namespace {

template <class Texts>
void append_texts(bson_t* to, std::string_view key, const Texts& texts) {
  bson_t array;
  must(bson_append_array_begin(to, key.data(), length_of(key), &array));
  const char* index = nullptr;
  char digits[16];
  std::uint32_t count = 0;
  for (const std::string_view text : texts) {
    const std::size_t size = bson_uint32_to_string(count++, &index, digits, sizeof digits);
    must(bson_append_utf8(&array, index, static_cast<int>(size), text.data(), length_of(text)));
  }
  must(bson_append_array_end(to, &array));
}

}  // namespace

Bson& Bson::add_texts(std::string_view key, std::initializer_list<std::string_view> texts) {
  append_texts(&bson_, key, texts);
  return *this;
}

Bson& Bson::add_texts(std::string_view key, std::span<const std::string> texts) {
  append_texts(&bson_, key, texts);
  return *this;
}

Bson& Bson::add_date(std::string_view key, std::int64_t millis) {
  must(bson_append_date_time(&bson_, key.data(), length_of(key), millis));
  return *this;
}
Bson& Bson::add_all(const Bson& other) {
  must(bson_concat(&bson_, other.get()));
  return *this;
}

}  // namespace exporter::mongodb
