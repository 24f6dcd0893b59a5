// What the reading of a document asks of a format, so that it is written once for all formats (read_value.h,
// read_event.h), and how it walks through lists and objects.
// Thread-safety: pure functions.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "decode/fields.h"
#include "event/health_event.h"

namespace exporter::decode {

// What a format has to say about one of its values. Views point into the document or the decoder's buffers. Where the
// formats differ in what they take, they differ here and nowhere else.
template <class Value>
concept StoredValue = std::copyable<Value> && requires(const Value& value, bool (*element)(const Value&),
                                                       bool (*member)(std::string_view, const Value&)) {
  { Value::kFormat } -> std::convertible_to<std::string_view>;  // "JSON", for messages
  { value.type_name() } -> std::same_as<std::string_view>;      // with its article: "a list"
  { value.is_null() } -> std::same_as<bool>;
  { value.is_list() } -> std::same_as<bool>;
  { value.is_object() } -> std::same_as<bool>;
  { value.string() } -> std::same_as<std::optional<std::string_view>>;
  {
    value.text()
  } -> std::same_as<std::optional<std::string_view>>;  // a string, or what stands for one in a text field
  { value.boolean() } -> std::same_as<std::optional<bool>>;
  { value.whole_number() } -> std::same_as<std::optional<std::int64_t>>;
  { value.number_text() } -> std::same_as<std::optional<std::string>>;  // of a number, for messages
  { value.moment() } -> std::same_as<std::optional<event::Timestamp>>;  // the format's own types for it
  // Visits until told to stop by `false`. The result is false when the list or object itself is malformed.
  { value.each_element(element) } -> std::same_as<bool>;
  { value.each_member(member) } -> std::same_as<bool>;
};

template <StoredValue Value>
tl::unexpected<Error> refuse_type(const Where& where, std::string_view expected, const Value& value) {
  return refuse(where, std::string("must be ").append(expected).append(", is ").append(value.type_name()));
}

template <StoredValue Value>
tl::unexpected<Error> refuse_malformed(const Where& where) {
  return refuse(where, std::string("is not valid ").append(Value::kFormat));
}

// `visit(element)` returns Result<void>; the first error ends the visit and is returned.
template <StoredValue Value, class Visit>
Result<void> visit_elements(const Where& where, const Value& list, Visit visit) {
  Result<void> done;
  const bool sound = list.each_element([&](const Value& element) {
    done = visit(element);
    return done.has_value();
  });
  return done && !sound ? Result<void>(refuse_malformed<Value>(where)) : done;
}

// The same for `visit(key, member)`.
template <StoredValue Value, class Visit>
Result<void> visit_members(const Where& where, const Value& object, Visit visit) {
  Result<void> done;
  const bool sound = object.each_member([&](std::string_view key, const Value& member) {
    done = visit(key, member);
    return done.has_value();
  });
  return done && !sound ? Result<void>(refuse_malformed<Value>(where)) : done;
}

}  // namespace exporter::decode
