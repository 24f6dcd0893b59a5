#include "filter/compare.h"

#include <algorithm>
#include <cmath>

namespace exporter::filter {

namespace {

// The bounds are powers of two, and so exact; in between, a double's integral part fits and is compared as an integer.
template <class Integer>
std::partial_ordering compare_with_real(Integer whole, double real, double least, double beyond) {
  if (std::isnan(real)) {
    return std::partial_ordering::unordered;
  }
  if (real < least) {
    return std::partial_ordering::greater;
  }
  if (real >= beyond) {
    return std::partial_ordering::less;
  }
  const double floor = std::floor(real);
  const auto part = static_cast<Integer>(floor);
  if (whole != part) {
    return whole < part ? std::partial_ordering::less : std::partial_ordering::greater;
  }
  return floor < real ? std::partial_ordering::less : std::partial_ordering::equivalent;
}

std::partial_ordering compare_with_real(const Value& whole, double real) {
  constexpr double kTwo63 = 9223372036854775808.0;
  return whole.is(Kind::integer) ? compare_with_real<std::int64_t>(whole.number, real, -kTwo63, kTwo63)
                                 : compare_with_real<std::uint64_t>(whole.natural, real, 0, 2 * kTwo63);
}

std::partial_ordering reversed(std::partial_ordering order) { return 0 <=> order; }

std::partial_ordering ordering_of(std::strong_ordering order) { return order; }

bool equal_maps(Work& work, const Node& node, const Value& left, const Value& right) {
  if (left.size != right.size) {
    return false;
  }
  for (std::size_t i = 0; i < left.size && !work.stopped(); ++i) {
    const Value key = element_at(left, i);
    DigitRoom left_room;
    DigitRoom right_room;
    const std::optional<Value> one = find_key(work, node, left, key, left_room);
    const std::optional<Value> other = find_key(work, node, right, key, right_room);
    if (!one || !other || !equal(work, node, *one, *other)) {
      return false;
    }
  }
  return true;
}

bool equal_lists(Work& work, const Node& node, const Value& left, const Value& right) {
  if (left.size != right.size) {
    return false;
  }
  for (std::size_t i = 0; i < left.size && !work.stopped(); ++i) {
    if (!equal(work, node, element_at(left, i), element_at(right, i))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::partial_ordering compare_numbers(const Value& left, const Value& right) {
  if (left.is(Kind::real)) {
    return right.is(Kind::real) ? left.real <=> right.real : reversed(compare_with_real(right, left.real));
  }
  if (right.is(Kind::real)) {
    return compare_with_real(left, right.real);
  }
  if (left.kind == right.kind) {
    return left.is(Kind::integer) ? ordering_of(left.number <=> right.number)
                                  : ordering_of(left.natural <=> right.natural);
  }
  const auto compare = [](std::int64_t whole, std::uint64_t natural) {
    return whole < 0 ? std::partial_ordering::less : ordering_of(static_cast<std::uint64_t>(whole) <=> natural);
  };
  return left.is(Kind::integer) ? compare(left.number, right.natural) : reversed(compare(right.number, left.natural));
}

bool equal(Work& work, const Node& node, const Value& left, const Value& right) {
  if (!work.step(node)) {
    return false;
  }
  if (left.is_number() && right.is_number()) {
    return compare_numbers(left, right) == std::partial_ordering::equivalent;
  }
  if (left.is_list() && right.is_list()) {
    return equal_lists(work, node, left, right);
  }
  if (left.is_map() && right.is_map()) {
    return equal_maps(work, node, left, right);
  }
  if (left.kind != right.kind) {
    return false;
  }
  switch (left.kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return left.truth == right.truth;
    case Kind::string:
    case Kind::bytes:
      return left.size == right.size && work.step_through_text(node, left.size) && left.text() == right.text();
    case Kind::timestamp:
      return left.number == right.number && left.nanos == right.nanos;
    case Kind::duration:
      return left.number == right.number;
    case Kind::type:
      return left.type == right.type;
    default:
      return false;
  }
}

std::optional<std::partial_ordering> order(Work& work, const Node& node, const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) {
    return compare_numbers(left, right);
  }
  if (left.kind != right.kind) {
    return std::nullopt;
  }
  switch (left.kind) {
    case Kind::boolean:
      return ordering_of(left.truth <=> right.truth);
    case Kind::string:
    case Kind::bytes:
      static_cast<void>(work.step_through_text(node, std::min(left.size, right.size)));
      return ordering_of(left.text() <=> right.text());
    case Kind::timestamp:
      return ordering_of(left.number == right.number ? left.nanos <=> right.nanos : left.number <=> right.number);
    case Kind::duration:
      return ordering_of(left.number <=> right.number);
    default:
      return std::nullopt;
  }
}

Value element_at(const Value& range, std::size_t at) {
  switch (range.kind) {
    case Kind::list:
      return range.elements[at];
    case Kind::texts:
      return Value::of_text(range.texts[at]);
    case Kind::map:
      return range.entries[at].key;
    case Kind::metadata:
      return Value::of_text(range.metadata[at].first);
    default:
      return Value::of_text(field_name(static_cast<Field>(at)));
  }
}

std::optional<Value> find_key(Work& work, const Node& node, const Value& map, std::string_view key, DigitRoom& room) {
  if (map.is(Kind::event)) {
    Field field{};
    return find_field(key, field) ? std::optional(field_value(*map.event, field, room)) : std::nullopt;
  }
  if (map.is(Kind::metadata)) {
    static_cast<void>(work.step(node, map.size / 8));
    for (std::size_t i = 0; i < map.size; ++i) {
      if (map.metadata[i].first == key) {
        return Value::of_text(map.metadata[i].second);
      }
    }
    return std::nullopt;
  }
  return find_key(work, node, map, Value::of_text(key), room);
}

std::optional<Value> find_key(Work& work, const Node& node, const Value& map, const Value& key, DigitRoom& room) {
  if (!map.is(Kind::map)) {
    return key.is(Kind::string) ? find_key(work, node, map, key.text(), room) : std::nullopt;
  }
  for (std::size_t i = 0; i < map.size && !work.stopped(); ++i) {
    if (equal(work, node, map.entries[i].key, key)) {
      return map.entries[i].value;
    }
  }
  return std::nullopt;
}

}  // namespace exporter::filter
