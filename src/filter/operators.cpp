#include "filter/operators.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "filter/compare.h"
#include "filter/conversions.h"
#include "filter/time_values.h"
#include "filter/utf8.h"

namespace exporter::filter {

namespace {

Value out_of_range(Work& work, const Node& node) { return work.fail(node, Failure{.code = FailureCode::out_of_range}); }

Value division_by_zero(Work& work, const Node& node) {
  return work.fail(node, Failure{.code = FailureCode::division_by_zero});
}

// The part of both integer types: false for an overflow. No division.
template <class Integer>
bool compute(Function function, Integer left, Integer right, Integer& result) {
  switch (function) {
    case Function::add:
      return !__builtin_add_overflow(left, right, &result);
    case Function::subtract:
      return !__builtin_sub_overflow(left, right, &result);
    default:
      return !__builtin_mul_overflow(left, right, &result);
  }
}

bool divides(Function function) { return function == Function::divide || function == Function::remainder; }

Value compute_ints(Work& work, const Node& node, std::int64_t left, std::int64_t right) {
  if (divides(node.function)) {
    if (right == 0) {
      return division_by_zero(work, node);
    }
    if (left == std::numeric_limits<std::int64_t>::min() && right == -1) {
      return out_of_range(work, node);
    }
    return Value::of_int(node.function == Function::divide ? left / right : left % right);
  }
  std::int64_t result = 0;
  return compute(node.function, left, right, result) ? Value::of_int(result) : out_of_range(work, node);
}

Value compute_uints(Work& work, const Node& node, std::uint64_t left, std::uint64_t right) {
  if (divides(node.function)) {
    if (right == 0) {
      return division_by_zero(work, node);
    }
    return Value::of_uint(node.function == Function::divide ? left / right : left % right);
  }
  std::uint64_t result = 0;
  return compute(node.function, left, right, result) ? Value::of_uint(result) : out_of_range(work, node);
}

Value compute_reals(Function function, double left, double right) {
  switch (function) {
    case Function::add:
      return Value::of_real(left + right);
    case Function::subtract:
      return Value::of_real(left - right);
    case Function::multiply:
      return Value::of_real(left * right);
    default:
      break;
  }
  if (right == 0) {
    // What IEEE 754 says, without the division that sanitizers take for a mistake.
    const double infinity = std::numeric_limits<double>::infinity();
    const bool negative = std::signbit(left) != std::signbit(right);
    return Value::of_real(left == 0 || std::isnan(left) ? std::numeric_limits<double>::quiet_NaN()
                          : negative                    ? -infinity
                                                        : infinity);
  }
  return Value::of_real(left / right);
}

Value shifted(Work& work, const Node& node, const Value& timestamp, std::int64_t nanoseconds, bool back) {
  // Whole seconds and the rest apart, so that nothing overflows: the seconds of both are far below 2^63.
  std::int64_t seconds = nanoseconds / kNanosPerSecond;
  std::int64_t rest = nanoseconds % kNanosPerSecond;
  seconds = timestamp.number + (back ? -seconds : seconds);
  rest = timestamp.nanos + (back ? -rest : rest);
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  } else if (rest >= kNanosPerSecond) {
    rest -= kNanosPerSecond;
    ++seconds;
  }
  return seconds < kFirstSecond || seconds > kLastSecond
             ? out_of_range(work, node)
             : Value::of_timestamp(seconds, static_cast<std::int32_t>(rest));
}

Value between(Work& work, const Node& node, const Value& later, const Value& earlier) {
  std::int64_t nanoseconds = 0;
  std::int64_t seconds = later.number - earlier.number;
  std::int64_t rest = later.nanos - earlier.nanos;
  // Both parts with one sign, so that the sum of a duration that fits does not overflow on the way.
  if (seconds < 0 && rest > 0) {
    ++seconds;
    rest -= kNanosPerSecond;
  }
  const bool overflow = __builtin_mul_overflow(seconds, kNanosPerSecond, &nanoseconds) ||
                        __builtin_add_overflow(nanoseconds, rest, &nanoseconds);
  return overflow ? out_of_range(work, node) : Value::of_duration(nanoseconds);
}

Value joined_texts(Work& work, const Node& node, const Value& left, const Value& right) {
  if (!work.step_through_text(node, left.size + right.size)) {
    return work.stop_error();
  }
  char* const room = work.take<char>(node, left.size + right.size);
  if (room == nullptr) {
    return work.stop_error();
  }
  std::copy_n(right.characters, right.size, std::copy_n(left.characters, left.size, room));
  return Value::of_text({room, left.size + right.size}, left.kind);
}

Value joined_lists(Work& work, const Node& node, const Value& left, const Value& right) {
  auto* const elements = work.take<Value>(node, left.size + right.size);
  if (elements == nullptr || !work.step(node, left.size + right.size)) {
    return work.stop_error();
  }
  for (std::size_t i = 0; i < left.size; ++i) {
    elements[i] = element_at(left, i);
  }
  for (std::size_t i = 0; i < right.size; ++i) {
    elements[left.size + i] = element_at(right, i);
  }
  Value result;
  result.kind = Kind::list;
  result.depth = std::max(left.depth, right.depth);
  result.elements = elements;
  result.size = left.size + right.size;
  return result;
}

// + and - of what is no number.
Value combine(Work& work, const Node& node, const Value& left, const Value& right) {
  const bool minus = node.function == Function::subtract;
  if (left.is(Kind::timestamp) && right.is(Kind::duration)) {
    return shifted(work, node, left, right.number, minus);
  }
  if (left.is(Kind::timestamp) && right.is(Kind::timestamp) && minus) {
    return between(work, node, left, right);
  }
  if (left.is(Kind::duration) && right.is(Kind::duration)) {
    std::int64_t result = 0;
    return compute(node.function, left.number, right.number, result) ? Value::of_duration(result)
                                                                     : out_of_range(work, node);
  }
  if (minus) {
    return work.no_overload(node, left, right);
  }
  if (left.is(Kind::duration) && right.is(Kind::timestamp)) {
    return shifted(work, node, right, left.number, false);
  }
  if (left.kind == right.kind && (left.is(Kind::string) || left.is(Kind::bytes))) {
    return joined_texts(work, node, left, right);
  }
  if (left.is_list() && right.is_list()) {
    return joined_lists(work, node, left, right);
  }
  return work.no_overload(node, left, right);
}

Value compute(Work& work, const Node& node, const Value& left, const Value& right) {
  if (left.kind == right.kind) {
    switch (left.kind) {
      case Kind::integer:
        return compute_ints(work, node, left.number, right.number);
      case Kind::unsigned_integer:
        return compute_uints(work, node, left.natural, right.natural);
      case Kind::real:
        return node.function == Function::remainder ? work.no_overload(node, left, right)
                                                    : compute_reals(node.function, left.real, right.real);
      default:
        break;
    }
  }
  return node.function == Function::add || node.function == Function::subtract ? combine(work, node, left, right)
                                                                               : work.no_overload(node, left, right);
}

Value compare(Work& work, const Node& node, const Value& left, const Value& right) {
  const std::optional<std::partial_ordering> found = order(work, node, left, right);
  if (!found) {
    return work.no_overload(node, left, right);
  }
  switch (node.function) {
    case Function::less:
      return Value::of(*found < 0);
    case Function::less_equal:
      return Value::of(*found <= 0);
    case Function::greater:
      return Value::of(*found > 0);
    default:
      return Value::of(*found >= 0);
  }
}

// An index may be a number of any type that is whole.
std::optional<std::uint64_t> whole(const Value& index) {
  if (index.is(Kind::integer) && index.number >= 0) {
    return static_cast<std::uint64_t>(index.number);
  }
  if (index.is(Kind::unsigned_integer)) {
    return index.natural;
  }
  constexpr double kBeyond = 9223372036854775808.0;
  if (index.is(Kind::real) && index.real >= 0 && index.real < kBeyond && std::floor(index.real) == index.real) {
    return static_cast<std::uint64_t>(index.real);
  }
  return std::nullopt;
}

Value index(Work& work, const Node& node, const Value& operand, const Value& key, DigitRoom& room) {
  if (operand.is_map()) {
    const std::optional<Value> found = find_key(work, node, operand, key, room);
    return found ? *found : work.fail(node, FailureCode::no_such_key, key);
  }
  if (!operand.is_list() || !key.is_number()) {
    return work.no_overload(node, operand, key);
  }
  const std::optional<std::uint64_t> at = whole(key);
  return at && *at < operand.size ? element_at(operand, *at) : work.fail(node, FailureCode::index_outside, key);
}

Value contains_element(Work& work, const Node& node, const Value& element, const Value& range) {
  if (range.is_map()) {
    DigitRoom room;
    return Value::of(find_key(work, node, range, element, room).has_value());
  }
  if (!range.is_list()) {
    return work.no_overload(node, element, range);
  }
  if (range.is(Kind::texts) && element.is(Kind::string)) {
    static_cast<void>(work.step(node, range.size / 8));
    const std::string_view* const end = range.texts + range.size;
    return Value::of(std::find(range.texts, end, element.text()) != end);
  }
  for (std::size_t i = 0; i < range.size && !work.stopped(); ++i) {
    if (equal(work, node, element_at(range, i), element)) {
      return Value::of(true);
    }
  }
  return Value::of(false);
}

// memmem of the GNU C library takes time linear in both, whatever they are.
bool is_part_of(std::string_view part, std::string_view text) {
  return part.empty() || (!text.empty() && ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

Value matches(Work& work, const Node& node, std::string_view text, std::string_view pattern) {
  if (node.regex != nullptr) {
    return Value::of(node.regex->matches(text));
  }
  // Compiling costs far more than any other step.
  if (!work.step(node, 1000 + 10 * pattern.size())) {
    return work.stop_error();
  }
  const auto compiled = Regex::compile(pattern);
  if (compiled) {
    return Value::of((*compiled)->matches(text));
  }
  const Value why = work.copy_text(node, compiled.error(), Kind::string);
  return why.is(Kind::error) ? why : work.fail(node, Failure{.code = FailureCode::bad_regex, .text = why.text()});
}

Value search_text(Work& work, const Node& node, const Value& text, const Value& part) {
  if (!text.is(Kind::string) || !part.is(Kind::string)) {
    return work.no_overload(node, text, part);
  }
  if (!work.step_through_text(node, text.size + part.size)) {
    return work.stop_error();
  }
  switch (node.function) {
    case Function::contains:
      return Value::of(is_part_of(part.text(), text.text()));
    case Function::starts_with:
      return Value::of(text.text().starts_with(part.text()));
    case Function::ends_with:
      return Value::of(text.text().ends_with(part.text()));
    default:
      return matches(work, node, text.text(), part.text());
  }
}

Value part_in_zone(Work& work, const Node& node, const Value& timestamp, const Value& zone) {
  if (!timestamp.is(Kind::timestamp) || !zone.is(Kind::string)) {
    return work.no_overload(node, timestamp, zone);
  }
  const std::optional<std::int64_t> seconds = parse_zone(zone.text());
  return seconds ? Value::of_int(part_of_timestamp(timestamp, *seconds, node.function))
                 : work.fail(node, FailureCode::bad_time_zone, zone);
}

Value part_of(Work& work, const Node& node, const Value& time) {
  if (time.is(Kind::timestamp)) {
    return Value::of_int(part_of_timestamp(time, 0, node.function));
  }
  const bool of_duration = node.function == Function::get_hours || node.function == Function::get_minutes ||
                           node.function == Function::get_seconds || node.function == Function::get_milliseconds;
  return time.is(Kind::duration) && of_duration ? Value::of_int(part_of_duration(time.number, node.function))
                                                : work.no_overload(node, time);
}

Value size_of(Work& work, const Node& node, const Value& operand) {
  if (operand.is(Kind::string)) {
    return work.step_through_text(node, operand.size)
               ? Value::of_int(static_cast<std::int64_t>(count_code_points(operand.text())))
               : work.stop_error();
  }
  return operand.is_list() || operand.is_map() || operand.is(Kind::bytes)
             ? Value::of_int(static_cast<std::int64_t>(operand.size))
             : work.no_overload(node, operand);
}

Value negated(Work& work, const Node& node, const Value& operand) {
  if (operand.is(Kind::real)) {
    return Value::of_real(-operand.real);
  }
  if (!operand.is(Kind::integer)) {
    return work.no_overload(node, operand);
  }
  return operand.number == std::numeric_limits<std::int64_t>::min() ? out_of_range(work, node)
                                                                    : Value::of_int(-operand.number);
}

}  // namespace

Value apply_unary(Work& work, const Node& node, const Value& operand) {
  switch (node.function) {
    case Function::logical_not:
      return operand.is(Kind::boolean) ? Value::of(!operand.truth) : work.no_overload(node, operand);
    case Function::negate:
      return negated(work, node, operand);
    case Function::size:
      return size_of(work, node, operand);
    case Function::to_int:
    case Function::to_uint:
    case Function::to_double:
    case Function::to_string:
    case Function::to_bytes:
    case Function::to_bool:
    case Function::to_timestamp:
    case Function::to_duration:
      return convert(work, node, operand);
    case Function::to_dyn:
      return operand;
    case Function::type_of:
      return Value::of_type(operand.kind);
    default:
      return part_of(work, node, operand);
  }
}

Value apply_binary(Work& work, const Node& node, const Value& left, const Value& right, DigitRoom& room) {
  switch (node.function) {
    case Function::equal:
      return Value::of(equal(work, node, left, right));
    case Function::not_equal:
      return Value::of(!equal(work, node, left, right));
    case Function::less:
    case Function::less_equal:
    case Function::greater:
    case Function::greater_equal:
      return compare(work, node, left, right);
    case Function::in:
      return contains_element(work, node, left, right);
    case Function::add:
    case Function::subtract:
    case Function::multiply:
    case Function::divide:
    case Function::remainder:
      return compute(work, node, left, right);
    case Function::index:
      return index(work, node, left, right, room);
    case Function::contains:
    case Function::starts_with:
    case Function::ends_with:
    case Function::matches:
      return search_text(work, node, left, right);
    default:
      return part_in_zone(work, node, left, right);
  }
}

Value select(Work& work, const Node& node, const Value& operand, DigitRoom& room) {
  if (!operand.is_map()) {
    return work.fail(node, FailureCode::no_selection, operand);
  }
  const std::optional<Value> found = find_key(work, node, operand, node.name, room);
  return found ? *found : work.fail(node, FailureCode::no_such_key, Value::of_text(node.name));
}

}  // namespace exporter::filter
