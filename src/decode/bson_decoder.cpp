#include "decode/bson_decoder.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bson/bson.h>

#include "decode/fields.h"
#include "decode/read_event.h"

namespace exporter::decode {
namespace {

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// What an iterator stands at, in a form that outlives its next step.
class BsonValue {
 public:
  static constexpr std::string_view kFormat = "BSON";

  BsonValue(std::string_view document, ObjectIdTexts& object_ids)
      : type_(BSON_TYPE_DOCUMENT), bytes_(document), object_ids_(&object_ids) {}
  BsonValue(const bson_iter_t& at, ObjectIdTexts& object_ids);

  [[nodiscard]] std::string_view type_name() const;
  // `undefined` is null's deprecated older form, and the incumbent takes it so.
  [[nodiscard]] bool is_null() const { return type_ == BSON_TYPE_NULL || type_ == BSON_TYPE_UNDEFINED; }
  [[nodiscard]] bool is_list() const { return type_ == BSON_TYPE_ARRAY; }
  [[nodiscard]] bool is_object() const { return type_ == BSON_TYPE_DOCUMENT; }
  // A symbol is a string's deprecated second form.
  [[nodiscard]] std::optional<std::string_view> string() const {
    return type_ == BSON_TYPE_UTF8 || type_ == BSON_TYPE_SYMBOL ? std::optional(bytes_) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> whole_number() const;
  [[nodiscard]] std::optional<std::string> number_text() const;
  [[nodiscard]] std::optional<event::Timestamp> moment() const;

  template <class Visit>
  bool each_element(Visit visit) const {
    return each_member([&](std::string_view, const BsonValue& element) { return visit(element); });
  }
  template <class Visit>
  bool each_member(Visit visit) const {
    bson_iter_t at;
    if (!bson_iter_init_from_data(&at, reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size())) {
      return false;
    }
    while (bson_iter_next(&at)) {
      if (!visit(std::string_view(bson_iter_key_unsafe(&at), bson_iter_key_len(&at)), BsonValue(at, *object_ids_))) {
        return true;
      }
    }
    // An iterator that ends anywhere but at the closing NUL has met what is no element.
    return bson_iter_offset(&at) == bytes_.size() - 1;
  }

 private:
  [[nodiscard]] bool is_integer() const { return type_ == BSON_TYPE_INT32 || type_ == BSON_TYPE_INT64; }
  [[nodiscard]] std::string decimal_text() const;

  bson_type_t type_;
  bson_subtype_t subtype_ = BSON_SUBTYPE_BINARY;
  std::string_view bytes_;    // of text, binary data, an ObjectId, or the whole nested document
  std::int64_t integer_ = 0;  // also 0 and 1 of a boolean, milliseconds of a date, seconds of a timestamp
  double real_ = 0;
  bson_decimal128_t decimal_{};
  ObjectIdTexts* object_ids_;
};

BsonValue::BsonValue(const bson_iter_t& at, ObjectIdTexts& object_ids)
    : type_(bson_iter_type_unsafe(&at)), object_ids_(&object_ids) {
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  // The "unsafe" accessors only leave out the check of the type, which is what is switched on.
  switch (type_) {
    case BSON_TYPE_UTF8: {
      std::size_t length = 0;
      const char* const text = bson_iter_utf8_unsafe(&at, &length);
      bytes_ = {text, length};
      break;
    }
    case BSON_TYPE_SYMBOL: {
      const char* const text = bson_iter_symbol(&at, &size);
      bytes_ = {text, size};
      break;
    }
    case BSON_TYPE_DOCUMENT:
      bson_iter_document(&at, &size, &bytes);
      bytes_ = as_text(bytes, size);
      break;
    case BSON_TYPE_ARRAY:
      bson_iter_array(&at, &size, &bytes);
      bytes_ = as_text(bytes, size);
      break;
    case BSON_TYPE_BINARY:
      bson_iter_binary(&at, &subtype_, &size, &bytes);
      bytes_ = as_text(bytes, size);
      break;
    case BSON_TYPE_OID:
      bytes_ = as_text(bson_iter_oid(&at)->bytes, sizeof(bson_oid_t::bytes));
      break;
    case BSON_TYPE_BOOL:
      integer_ = bson_iter_bool_unsafe(&at) ? 1 : 0;
      break;
    case BSON_TYPE_INT32:
      integer_ = bson_iter_int32_unsafe(&at);
      break;
    case BSON_TYPE_INT64:
      integer_ = bson_iter_int64_unsafe(&at);
      break;
    case BSON_TYPE_DOUBLE:
      real_ = bson_iter_double_unsafe(&at);
      break;
    case BSON_TYPE_DECIMAL128:
      bson_iter_decimal128(&at, &decimal_);
      break;
    case BSON_TYPE_DATE_TIME:
      integer_ = bson_iter_date_time(&at);
      break;
    case BSON_TYPE_TIMESTAMP: {
      std::uint32_t seconds = 0;
      std::uint32_t counter = 0;  // orders changes within the second; no part of the time
      bson_iter_timestamp(&at, &seconds, &counter);
      integer_ = seconds;
      break;
    }
    default:
      break;  // never read: only its name is told
  }
}

std::string_view BsonValue::type_name() const {
  switch (type_) {
    case BSON_TYPE_UTF8:
    case BSON_TYPE_SYMBOL:
      return "a string";
    case BSON_TYPE_DOCUMENT:
      return "an object";
    case BSON_TYPE_ARRAY:
      return "a list";
    case BSON_TYPE_BINARY:
      return "binary data";
    case BSON_TYPE_NULL:
    case BSON_TYPE_UNDEFINED:
      return "null";
    case BSON_TYPE_OID:
      return "an ObjectId";
    case BSON_TYPE_BOOL:
      return "a boolean";
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_DECIMAL128:
      return "a number";
    case BSON_TYPE_DATE_TIME:
      return "a date";
    case BSON_TYPE_TIMESTAMP:
      return "a timestamp";
    case BSON_TYPE_REGEX:
      return "a regular expression";
    case BSON_TYPE_CODE:
    case BSON_TYPE_CODEWSCOPE:
      return "code";
    case BSON_TYPE_DBPOINTER:
      return "a DBPointer";
    case BSON_TYPE_MINKEY:
    case BSON_TYPE_MAXKEY:
    case BSON_TYPE_EOD:
      break;
  }
  return "a MinKey or MaxKey";
}

// The incumbent's driver takes binary data of the two general subtypes for text, and an ObjectId for its digits.
std::optional<std::string_view> BsonValue::text() const {
  if (type_ == BSON_TYPE_BINARY && (subtype_ == BSON_SUBTYPE_BINARY || subtype_ == BSON_SUBTYPE_BINARY_DEPRECATED)) {
    return bytes_;
  }
  if (type_ == BSON_TYPE_OID) {
    bson_oid_t id;
    bytes_.copy(reinterpret_cast<char*>(id.bytes), sizeof id.bytes);
    auto& digits = object_ids_->emplace_back();
    bson_oid_to_string(&id, digits.data());
    return std::string_view(digits.data(), digits.size() - 1);
  }
  return string();
}

// The incumbent's driver takes any number but a decimal for a boolean.
std::optional<bool> BsonValue::boolean() const {
  if (type_ == BSON_TYPE_BOOL || is_integer()) {
    return integer_ != 0;
  }
  return type_ == BSON_TYPE_DOUBLE ? std::optional(real_ != 0) : std::nullopt;
}

// The incumbent's driver takes a boolean for 0 or 1.
std::optional<std::int64_t> BsonValue::whole_number() const {
  if (type_ == BSON_TYPE_BOOL || is_integer()) {
    return integer_;
  }
  if (type_ == BSON_TYPE_DOUBLE) {
    return integer_from_double(real_);
  }
  if (type_ == BSON_TYPE_DECIMAL128) {
    const std::string decimal = decimal_text();
    const std::size_t point = decimal.find('.');
    const bool whole = point == std::string::npos || decimal.find_first_not_of('0', point + 1) == std::string::npos;
    return whole ? integer_from_text(std::string_view(decimal).substr(0, point)) : std::nullopt;
  }
  const auto digits = string();
  return digits ? integer_from_text(*digits) : std::nullopt;
}

std::optional<std::string> BsonValue::number_text() const {
  if (is_integer()) {
    return std::to_string(integer_);
  }
  if (type_ == BSON_TYPE_DOUBLE) {
    std::array<char, 32> digits;  // the longest takes 24
    return std::string(digits.data(), std::to_chars(digits.begin(), digits.end(), real_).ptr);
  }
  return type_ == BSON_TYPE_DECIMAL128 ? std::optional(decimal_text()) : std::nullopt;
}

std::string BsonValue::decimal_text() const {
  std::array<char, BSON_DECIMAL128_STRING> digits{};
  bson_decimal128_to_string(&decimal_, digits.data());
  return digits.data();
}

std::optional<event::Timestamp> BsonValue::moment() const {
  if (type_ == BSON_TYPE_TIMESTAMP) {
    return event::Timestamp{integer_, 0};
  }
  if (type_ != BSON_TYPE_DATE_TIME) {
    return std::nullopt;
  }
  // Rounded to the past, so that the rest is never negative.
  const std::int64_t rest = (integer_ % 1000 + 1000) % 1000;
  const std::int64_t seconds = integer_ / 1000 - (integer_ % 1000 < 0 ? 1 : 0);
  return event::Timestamp{seconds, static_cast<std::int32_t>(rest * 1'000'000)};
}

}  // namespace

Result<void> BsonDecoder::decode(std::string_view document, event::HealthEvent& out) {
  object_ids_.clear();
  return read_document(BsonValue(document, object_ids_), out);
}

}  // namespace exporter::decode
