#include "filter/conversions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "filter/time_values.h"
#include "filter/utf8.h"

namespace exporter::filter {

namespace {

constexpr double kTwo63 = 9223372036854775808.0;

Value out_of_range(Work& work, const Node& node) { return work.fail(node, Failure{.code = FailureCode::out_of_range}); }

Value unreadable(Work& work, const Node& node, const Value& value) {
  return work.fail(node, FailureCode::cannot_convert, value);
}

// The whole text as a number of that type.
template <class Number>
std::optional<Number> read(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end && !text.empty() ? std::optional(number) : std::nullopt;
}

// Go's readers take a plus sign; from_chars does not.
std::string_view without_plus(std::string_view text) {
  const bool sign = text.starts_with('+') && text.size() > 1 && text[1] != '-';
  return sign ? text.substr(1) : text;
}

Value to_int(Work& work, const Node& node, const Value& value) {
  switch (value.kind) {
    case Kind::integer:
      return value;
    case Kind::unsigned_integer:
      return value.natural <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                 ? Value::of_int(static_cast<std::int64_t>(value.natural))
                 : out_of_range(work, node);
    case Kind::real:
      // The bounds themselves are out: the specification wants it so.
      return value.real > -kTwo63 && value.real < kTwo63 ? Value::of_int(static_cast<std::int64_t>(value.real))
                                                         : out_of_range(work, node);
    case Kind::timestamp:
    case Kind::duration:
      return Value::of_int(value.number);
    case Kind::string: {
      const auto number = read<std::int64_t>(without_plus(value.text()));
      return number ? Value::of_int(*number) : unreadable(work, node, value);
    }
    default:
      return work.no_overload(node, value);
  }
}

Value to_uint(Work& work, const Node& node, const Value& value) {
  switch (value.kind) {
    case Kind::unsigned_integer:
      return value;
    case Kind::integer:
      return value.number >= 0 ? Value::of_uint(static_cast<std::uint64_t>(value.number)) : out_of_range(work, node);
    case Kind::real:
      return value.real >= 0 && value.real < 2 * kTwo63 ? Value::of_uint(static_cast<std::uint64_t>(value.real))
                                                        : out_of_range(work, node);
    case Kind::string: {
      const auto number = read<std::uint64_t>(value.text());
      return number ? Value::of_uint(*number) : unreadable(work, node, value);
    }
    default:
      return work.no_overload(node, value);
  }
}

Value to_double(Work& work, const Node& node, const Value& value) {
  switch (value.kind) {
    case Kind::real:
      return value;
    case Kind::integer:
      return Value::of_real(static_cast<double>(value.number));
    case Kind::unsigned_integer:
      return Value::of_real(static_cast<double>(value.natural));
    case Kind::string: {
      const auto number = read<double>(without_plus(value.text()));
      return number ? Value::of_real(*number) : unreadable(work, node, value);
    }
    default:
      return work.no_overload(node, value);
  }
}

Value to_string(Work& work, const Node& node, const Value& value) {
  TimeText room;
  char* const begin = &room.characters[0];
  const auto copied = [&](std::string_view text) { return work.copy_text(node, text, Kind::string); };
  const auto written = [&](const char* end) { return copied({begin, static_cast<std::size_t>(end - begin)}); };
  switch (value.kind) {
    case Kind::string:
      return value;
    case Kind::boolean:
      return Value::of_text(value.truth ? "true" : "false");
    case Kind::integer:
      return written(std::to_chars(begin, std::end(room.characters), value.number).ptr);
    case Kind::unsigned_integer:
      return written(std::to_chars(begin, std::end(room.characters), value.natural).ptr);
    case Kind::real:
      return copied(double_text(value.real, room));
    case Kind::timestamp:
      return copied(timestamp_text(value, room));
    case Kind::duration:
      return copied(duration_text(value.number, room));
    case Kind::bytes:
      if (!work.step_through_text(node, value.size)) {
        return work.stop_error();
      }
      return is_valid_utf8(value.text()) ? Value::of_text(value.text()) : unreadable(work, node, value);
    default:
      return work.no_overload(node, value);
  }
}

Value to_bool(Work& work, const Node& node, const Value& value) {
  if (value.is(Kind::boolean)) {
    return value;
  }
  if (!value.is(Kind::string)) {
    return work.no_overload(node, value);
  }
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "True", "TRUE"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "False", "FALSE"};
  if (std::find(kTrue.begin(), kTrue.end(), value.text()) != kTrue.end()) {
    return Value::of(true);
  }
  return std::find(kFalse.begin(), kFalse.end(), value.text()) != kFalse.end() ? Value::of(false)
                                                                               : unreadable(work, node, value);
}

Value to_timestamp(Work& work, const Node& node, const Value& value) {
  switch (value.kind) {
    case Kind::timestamp:
      return value;
    case Kind::integer:
      return value.number >= kFirstSecond && value.number <= kLastSecond ? Value::of_timestamp(value.number, 0)
                                                                         : out_of_range(work, node);
    case Kind::string: {
      const std::optional<Value> time = parse_timestamp(value.text());
      return time ? *time : unreadable(work, node, value);
    }
    default:
      return work.no_overload(node, value);
  }
}

Value to_duration(Work& work, const Node& node, const Value& value) {
  switch (value.kind) {
    case Kind::duration:
      return value;
    case Kind::integer:
      return Value::of_duration(value.number);
    case Kind::string: {
      const std::optional<std::int64_t> nanoseconds = parse_duration(value.text());
      return nanoseconds ? Value::of_duration(*nanoseconds) : unreadable(work, node, value);
    }
    default:
      return work.no_overload(node, value);
  }
}

}  // namespace

Value convert(Work& work, const Node& node, const Value& value) {
  if (value.is(Kind::string) && !work.step_through_text(node, value.size)) {
    return work.stop_error();
  }
  switch (node.function) {
    case Function::to_int:
      return to_int(work, node, value);
    case Function::to_uint:
      return to_uint(work, node, value);
    case Function::to_double:
      return to_double(work, node, value);
    case Function::to_string:
      return to_string(work, node, value);
    case Function::to_bytes:
      return value.is(Kind::bytes)    ? value
             : value.is(Kind::string) ? Value::of_text(value.text(), Kind::bytes)
                                      : work.no_overload(node, value);
    case Function::to_bool:
      return to_bool(work, node, value);
    case Function::to_timestamp:
      return to_timestamp(work, node, value);
    default:
      return to_duration(work, node, value);
  }
}

}  // namespace exporter::filter
