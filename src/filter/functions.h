// The operators and functions of the language: their names and for which types they have a meaning.
//
// Source: the CEL specification, section "Standard Definitions", and the conversions of durations to and from numbers
// that cel-go adds. Thread-safety: constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace exporter::filter {

enum class Function : std::uint8_t {
  none,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  negate,
  logical_not,
  index,
  size,
  contains,
  starts_with,
  ends_with,
  matches,
  to_int,
  to_uint,
  to_double,
  to_string,
  to_bytes,
  to_bool,
  to_timestamp,
  to_duration,
  to_dyn,
  type_of,
  get_date,
  get_day_of_month,
  get_day_of_week,
  get_day_of_year,
  get_full_year,
  get_hours,
  get_milliseconds,
  get_minutes,
  get_month,
  get_seconds,
};

enum class CallStyle : std::uint8_t { symbol, plain, member, either };

struct FunctionSpec {
  Function function;
  std::string_view name;  // as written: "+", "size"
  CallStyle style;
  // The overloads, separated by spaces; of each the arguments, the receiver first, then the result. A letter a type:
  // b bool, i int, u uint, d double, s string, y bytes, t timestamp, p duration, x dyn, T type(A), A and B any,
  // L list(A), M map(A, B).
  std::string_view overloads;
};

[[nodiscard]] const FunctionSpec& spec_of(Function function);

// The function of that name that can be called in that way (plain or member).
[[nodiscard]] std::optional<Function> find_function(std::string_view name, CallStyle style);

// All of them, for suggestions.
[[nodiscard]] std::span<const FunctionSpec> all_functions();

}  // namespace exporter::filter
