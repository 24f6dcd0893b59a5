// The language's operators once more, written for obviousness instead of speed, and independently of src/filter: values
// own what they hold, errors are a value, numbers are compared as long double (whose 64 bits of precision hold every int
// and uint).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exporter::filter::naive {

struct Error {};
struct Null {};
struct Value;
using List = std::vector<Value>;
using Map = std::vector<std::pair<Value, Value>>;

struct Value {
  std::variant<Error, Null, bool, std::int64_t, std::uint64_t, double, std::string, List, Map> is;
};

template <class T>
bool holds(const Value& value) {
  return std::holds_alternative<T>(value.is);
}
template <class T>
const T& get(const Value& value) {
  return std::get<T>(value.is);
}
template <class T>
bool both(const Value& left, const Value& right) {
  return holds<T>(left) && holds<T>(right);
}

inline bool failed(const Value& value) { return holds<Error>(value); }
inline Value error() { return {Error{}}; }
inline bool is_true(const Value& value) { return holds<bool>(value) && get<bool>(value); }
inline bool is_false(const Value& value) { return holds<bool>(value) && !get<bool>(value); }

inline bool is_number(const Value& value) {
  return holds<std::int64_t>(value) || holds<std::uint64_t>(value) || holds<double>(value);
}
inline long double number(const Value& value) {
  if (holds<std::int64_t>(value)) {
    return static_cast<long double>(get<std::int64_t>(value));
  }
  return holds<std::uint64_t>(value) ? static_cast<long double>(get<std::uint64_t>(value))
                                     : static_cast<long double>(get<double>(value));
}

inline const Value* find(const Map& map, const Value& key);

inline bool same(const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) {
    return number(left) == number(right);
  }
  if (left.is.index() != right.is.index()) {
    return false;
  }
  if (holds<bool>(left)) {
    return get<bool>(left) == get<bool>(right);
  }
  if (holds<std::string>(left)) {
    return get<std::string>(left) == get<std::string>(right);
  }
  if (holds<List>(left)) {
    const List& a = get<List>(left);
    const List& b = get<List>(right);
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; equal && i < a.size(); ++i) {
      equal = same(a[i], b[i]);
    }
    return equal;
  }
  if (holds<Map>(left)) {
    bool equal = get<Map>(left).size() == get<Map>(right).size();
    for (const auto& [key, value] : get<Map>(left)) {
      const Value* const other = find(get<Map>(right), key);
      equal = equal && other != nullptr && same(value, *other);
    }
    return equal;
  }
  return holds<Null>(left);
}

inline const Value* find(const Map& map, const Value& key) {
  for (const auto& entry : map) {
    if (same(entry.first, key)) {
      return &entry.second;
    }
  }
  return nullptr;
}

inline Value equal(const Value& left, const Value& right) {
  return failed(left) || failed(right) ? error() : Value{same(left, right)};
}
inline Value not_equal(const Value& left, const Value& right) {
  return failed(left) || failed(right) ? error() : Value{!same(left, right)};
}

inline Value both_true(const Value& left, const Value& right) {
  if (is_false(left) || is_false(right)) {
    return {false};
  }
  return is_true(left) && is_true(right) ? Value{true} : error();
}
inline Value one_true(const Value& left, const Value& right) {
  if (is_true(left) || is_true(right)) {
    return {true};
  }
  return is_false(left) && is_false(right) ? Value{false} : error();
}

inline Value less(const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) {
    return {number(left) < number(right)};
  }
  if (both<std::string>(left, right)) {
    return {get<std::string>(left) < get<std::string>(right)};
  }
  return both<bool>(left, right) ? Value{!get<bool>(left) && get<bool>(right)} : error();
}

inline Value fits(long double result, const Value& like) {
  if (holds<std::int64_t>(like)) {
    const bool inside = result >= -0x1p63L && result < 0x1p63L;
    return inside ? Value{static_cast<std::int64_t>(result)} : error();
  }
  const bool inside = result >= 0 && result < 0x1p64L;
  return inside ? Value{static_cast<std::uint64_t>(result)} : error();
}
inline bool both_whole(const Value& left, const Value& right) {
  return both<std::int64_t>(left, right) || both<std::uint64_t>(left, right);
}

inline Value add(const Value& left, const Value& right) {
  if (both_whole(left, right)) {
    return fits(number(left) + number(right), left);
  }
  if (both<double>(left, right)) {
    return {get<double>(left) + get<double>(right)};
  }
  if (both<std::string>(left, right)) {
    return {get<std::string>(left) + get<std::string>(right)};
  }
  if (both<List>(left, right)) {
    List joined = get<List>(left);
    joined.insert(joined.end(), get<List>(right).begin(), get<List>(right).end());
    return {joined};
  }
  return error();
}
inline Value multiply(const Value& left, const Value& right) {
  if (both_whole(left, right)) {
    return fits(number(left) * number(right), left);
  }
  return both<double>(left, right) ? Value{get<double>(left) * get<double>(right)} : error();
}
inline Value divide(const Value& left, const Value& right) {
  if (both_whole(left, right)) {
    return number(right) == 0 ? error() : fits(std::trunc(number(left) / number(right)), left);
  }
  if (!both<double>(left, right)) {
    return error();
  }
  // Without dividing by zero, which the sanitizers object to.
  const double a = get<double>(left);
  const double b = get<double>(right);
  if (b != 0) {
    return {a / b};
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return {a == 0 || std::isnan(a) ? std::nan("") : std::copysign(infinity, a) * std::copysign(1.0, b)};
}

inline Value in(const Value& element, const Value& range) {
  if (failed(element)) {
    return error();
  }
  if (holds<List>(range)) {
    bool found = false;
    for (const Value& each : get<List>(range)) {
      found = found || same(each, element);
    }
    return {found};
  }
  return holds<Map>(range) ? Value{find(get<Map>(range), element) != nullptr} : error();
}

inline Value index(const Value& range, const Value& key) {
  if (failed(key)) {
    return error();
  }
  if (holds<Map>(range)) {
    const Value* const found = find(get<Map>(range), key);
    return found == nullptr ? error() : *found;
  }
  if (!holds<List>(range) || !is_number(key)) {
    return error();
  }
  const long double at = number(key);
  const bool inside = at >= 0 && at < static_cast<long double>(get<List>(range).size()) && at == std::floor(at);
  return inside ? get<List>(range)[static_cast<std::size_t>(at)] : error();
}

inline Value negate(const Value& value) {
  if (holds<double>(value)) {
    return {-get<double>(value)};
  }
  return holds<std::int64_t>(value) ? fits(-number(value), value) : error();
}
inline Value logical_not(const Value& value) { return holds<bool>(value) ? Value{!get<bool>(value)} : error(); }
inline Value size(const Value& value) {
  std::size_t size = 0;
  if (holds<std::string>(value)) {
    size = get<std::string>(value).size();  // the tests' texts are ASCII
  } else if (holds<List>(value)) {
    size = get<List>(value).size();
  } else if (holds<Map>(value)) {
    size = get<Map>(value).size();
  } else {
    return error();
  }
  return {static_cast<std::int64_t>(size)};
}
inline Value has(const Value& value, const std::string& key) {
  return holds<Map>(value) ? Value{find(get<Map>(value), {key}) != nullptr} : error();
}

inline Value conditional(const Value& condition, const Value& then, const Value& otherwise) {
  return holds<bool>(condition) ? get<bool>(condition) ? then : otherwise : error();
}

// What a macro runs over; nothing for other values.
inline bool elements(const Value& range, List& out) {
  if (holds<List>(range)) {
    out = get<List>(range);
    return true;
  }
  if (holds<Map>(range)) {
    for (const auto& entry : get<Map>(range)) {
      out.push_back(entry.first);
    }
    return true;
  }
  return false;
}
template <class Predicate>
Value all(const Value& range, Predicate predicate) {
  List list;
  if (!elements(range, list)) {
    return error();
  }
  Value result = {true};
  for (const Value& each : list) {
    result = both_true(result, predicate(each));
  }
  return result;
}
template <class Predicate>
Value exists(const Value& range, Predicate predicate) {
  List list;
  if (!elements(range, list)) {
    return error();
  }
  Value result = {false};
  for (const Value& each : list) {
    result = one_true(result, predicate(each));
  }
  return result;
}
template <class Predicate>
Value filter(const Value& range, Predicate predicate) {
  List list;
  List kept;
  if (!elements(range, list)) {
    return error();
  }
  for (const Value& each : list) {
    const Value result = predicate(each);
    if (!holds<bool>(result)) {
      return error();
    }
    if (get<bool>(result)) {
      kept.push_back(each);
    }
  }
  return {kept};
}
template <class Predicate>
Value exists_one(const Value& range, Predicate predicate) {
  const Value kept = filter(range, predicate);
  return failed(kept) ? error() : Value{get<List>(kept).size() == 1};
}
template <class Transform>
Value map(const Value& range, Transform transform) {
  List list;
  List made;
  if (!elements(range, list)) {
    return error();
  }
  for (const Value& each : list) {
    made.push_back(transform(each));
    if (failed(made.back())) {
      return error();
    }
  }
  return {made};
}

}  // namespace exporter::filter::naive
