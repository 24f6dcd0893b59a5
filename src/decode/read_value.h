// How each kind of value in a document is read, in whatever format it is stored: what is taken for what (the tables of
// docs/decoding.md), and the words of a refusal.
//
// Each read() takes one value. null is the zero value, as a missing field is. Of the same key twice the later one
// counts, alone. Errors: rejected, with the field's path. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "decode/rfc3339.h"
#include "decode/stored_value.h"

namespace exporter::decode {

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, std::string_view& out) {
  const auto text = value.text();
  out = text.value_or(std::string_view());
  return text || value.is_null() ? Result<void>() : refuse_type(where, "a string", value);
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, bool& out) {
  const auto boolean = value.boolean();
  out = boolean.value_or(false);
  return boolean || value.is_null() ? Result<void>() : refuse_type(where, "true or false", value);
}

template <StoredValue Value, class Integer>
Result<void> read_integer(const Where& where, const Value& value, Integer& out) {
  if (const auto number = value.whole_number()) {
    return store(where, *number, out);
  }
  if (value.is_null()) {
    out = 0;
    return {};
  }
  if (const auto text = value.number_text()) {
    return refuse(where, "must be a whole number in range, is " + *text);
  }
  return refuse_type(where, "a whole number", value);
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, std::vector<std::string_view>& out) {
  out.clear();
  if (!value.is_list()) {
    return value.is_null() ? Result<void>() : refuse_type(where, "a list", value);
  }
  return visit_elements(where, value, [&](const Value& element) {
    const Where place{where.field, out.size(), {}};
    return read(place, element, out.emplace_back());
  });
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, std::vector<event::Entity>& out) {
  out.clear();
  if (!value.is_list()) {
    return value.is_null() ? Result<void>() : refuse_type(where, "a list", value);
  }
  std::size_t index = 0;
  return visit_elements(where, value, [&](const Value& element) -> Result<void> {
    const Where place{where.field, index++, {}};
    if (element.is_null()) {
      return {};  // names no entity; the incumbent dies of it
    }
    if (!element.is_object()) {
      return refuse_type(place, "an object", element);
    }
    event::Entity& entity = out.emplace_back();
    return visit_members(place, element, [&](std::string_view key, const Value& member) -> Result<void> {
      if (equals_ignoring_case(key, "entityType")) {
        return read(Where{where.field, place.index, "entityType"}, member, entity.type);
      }
      if (equals_ignoring_case(key, "entityValue")) {
        return read(Where{where.field, place.index, "entityValue"}, member, entity.value);
      }
      return {};
    });
  });
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, Pairs& out) {
  out.clear();
  if (!value.is_object()) {
    return value.is_null() ? Result<void>() : refuse_type(where, "an object", value);
  }
  auto done = visit_members(where, value, [&](std::string_view key, const Value& member) {
    return read(Where{where.field, Where::kNoIndex, key}, member, out.emplace_back(key, std::string_view()).second);
  });
  keep_last_of_each_key(out);
  return done;
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, std::optional<event::Overrides>& out) {
  out.reset();
  if (!value.is_object()) {
    return value.is_null() ? Result<void>() : refuse_type(where, "an object", value);
  }
  event::Overrides& overrides = out.emplace();
  return visit_members(where, value, [&](std::string_view key, const Value& member) -> Result<void> {
    if (equals_ignoring_case(key, "force")) {
      return read(Where{where.field, Where::kNoIndex, "force"}, member, overrides.force);
    }
    if (equals_ignoring_case(key, "skip")) {
      return read(Where{where.field, Where::kNoIndex, "skip"}, member, overrides.skip);
    }
    return {};
  });
}

template <StoredValue Value>
Result<void> read(const Where& where, const Value& value, std::optional<event::Timestamp>& out) {
  out = value.moment();
  if (out || value.is_null()) {
    return {};
  }
  if (const auto text = value.string()) {
    out = timestamp_from_text(*text);
    return out ? Result<void>() : refuse(where, excerpt(*text) + " is not a time as in RFC 3339");
  }
  if (!value.is_object()) {
    return refuse_type(where, "an object with seconds and nanos, or an RFC 3339 string", value);
  }
  event::Timestamp& time = out.emplace();
  return visit_members(where, value, [&](std::string_view key, const Value& member) -> Result<void> {
    if (equals_ignoring_case(key, "seconds")) {
      return read_integer(Where{where.field, Where::kNoIndex, "seconds"}, member, time.seconds);
    }
    if (equals_ignoring_case(key, "nanos")) {
      return read_integer(Where{where.field, Where::kNoIndex, "nanos"}, member, time.nanos);
    }
    return {};
  });
}

}  // namespace exporter::decode
