// A value during an evaluation: 24 bytes that own nothing.
//
// Text, elements and entries lie in the event, in the program (constants) or in the evaluation's arena, and are valid
// until the next evaluation. The event's own lists and maps are values as they are, without a copy.
// Thread-safety: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "event/health_event.h"

namespace exporter::filter {

struct Node;
struct Failure;
struct MapEntry;

enum class Kind : std::uint8_t {
  error,  // not a value of the language: why there is none
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  timestamp,
  duration,
  type,
  list,
  texts,  // a list, of the event's error codes
  map,
  metadata,  // a map, of the event's metadata
  event,     // a map, of the event's fields
};

// The type as expressions name it: texts are a "list", timestamps "google.protobuf.Timestamp".
[[nodiscard]] std::string_view type_name(Kind kind);
// The kinds that are one type in the language get one of them: texts -> list, metadata and event -> map.
[[nodiscard]] Kind type_of(Kind kind);

struct Value {
  using Metadata = std::pair<std::string_view, std::string_view>;

  Kind kind = Kind::null;
  std::uint16_t depth = 0;  // of nesting: 0 for what has no elements
  std::int32_t nanos = 0;   // of a timestamp, 0 to 999,999,999
  union {
    bool truth;
    std::int64_t number = 0;  // integer; seconds of a timestamp; nanoseconds of a duration
    std::uint64_t natural;
    double real;
    Kind type;
    const char* characters;
    const Value* elements;
    const std::string_view* texts;
    const MapEntry* entries;
    const Metadata* metadata;
    const event::HealthEvent* event;
    const Failure* failure;
  };
  std::size_t size = 0;  // of text in bytes, of lists and maps in elements

  [[nodiscard]] std::string_view text() const { return {characters, size}; }
  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list || kind == Kind::texts; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map || kind == Kind::metadata || kind == Kind::event; }
  [[nodiscard]] bool is_number() const {
    return kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::real;
  }

  static Value of(bool truth) {
    Value value;
    value.kind = Kind::boolean;
    value.truth = truth;
    return value;
  }
  static Value of_int(std::int64_t number) {
    Value value;
    value.kind = Kind::integer;
    value.number = number;
    return value;
  }
  static Value of_uint(std::uint64_t number) {
    Value value;
    value.kind = Kind::unsigned_integer;
    value.natural = number;
    return value;
  }
  static Value of_real(double number) {
    Value value;
    value.kind = Kind::real;
    value.real = number;
    return value;
  }
  static Value of_text(std::string_view text, Kind kind = Kind::string) {
    Value value;
    value.kind = kind;
    value.characters = text.data();
    value.size = text.size();
    return value;
  }
  static Value of_type(Kind type) {
    Value value;
    value.kind = Kind::type;
    value.type = type_of(type);
    return value;
  }
  static Value of_duration(std::int64_t nanoseconds) {
    Value value;
    value.kind = Kind::duration;
    value.number = nanoseconds;
    return value;
  }
  static Value of_timestamp(std::int64_t seconds, std::int32_t nanos) {
    Value value;
    value.kind = Kind::timestamp;
    value.number = seconds;
    value.nanos = nanos;
    return value;
  }
  static Value of_event(const event::HealthEvent& event);
};
static_assert(sizeof(Value) == 24);

struct MapEntry {
  Value key;
  Value value;
};

// Why an expression, or a part of it, has no value.
enum class FailureCode : std::uint8_t {
  no_such_key,   // `subject` is the key
  no_overload,   // the operator or function has no meaning for `left` (and `right`)
  no_selection,  // `left` has no fields
  not_boolean,   // a condition is `left`
  out_of_range,  // of the type of the result
  division_by_zero,
  index_outside,   // `subject` is the index
  cannot_convert,  // `subject` is what cannot be read
  bad_regex,       // `text` says why
  bad_time_zone,   // `subject` is its name
  duplicate_key,   // `subject`
  bad_key,         // `left` is no type of keys
  no_elements,     // `left` has no elements to look at
  too_much_work,
  too_much_memory,
  too_deep,
};

struct Failure {
  FailureCode code = FailureCode::no_overload;
  const Node* where = nullptr;
  Value subject = {};
  Kind left = Kind::null;
  Kind right = Kind::null;
  bool two = false;  // whether `right` counts
  std::string_view text = {};
};

// As it would be written in an expression, cut to about `longest` bytes: "abc", [1, 2u], {"a": true},
// timestamp("2026-01-01T00:00:00Z"). An error is "error".
[[nodiscard]] std::string to_text(const Value& value, std::size_t longest = 120);

// The event's fields in the order in which the expression sees them, when it asks for all.
enum class Field : std::uint8_t {
  agent,
  check_name,
  component_class,
  error_code,
  is_fatal,
  is_healthy,
  message,
  metadata,
  node_name,
  recommended_action,
};
inline constexpr std::size_t kFieldCount = 10;
[[nodiscard]] std::string_view field_name(Field field);
// False when the event has no field of that name; `field` is then left alone.
bool find_field(std::string_view name, Field& field);
// Room for a recommended action that has no name, as digits.
struct DigitRoom {
  char characters[12];
};
// `room` must live as long as the value.
[[nodiscard]] Value field_value(const event::HealthEvent& event, Field field, DigitRoom& room);

}  // namespace exporter::filter
