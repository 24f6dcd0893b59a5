#include "filter/functions.h"

#include <array>

namespace exporter::filter {

namespace {

constexpr std::string_view kOrdered = "bbb iib uub ddb ssb yyb ttb ppb";

// In the order of the enumeration.
constexpr std::array kFunctions = {
    FunctionSpec{Function::none, "", CallStyle::symbol, ""},
    FunctionSpec{Function::equal, "==", CallStyle::symbol, "AAb"},
    FunctionSpec{Function::not_equal, "!=", CallStyle::symbol, "AAb"},
    FunctionSpec{Function::less, "<", CallStyle::symbol, kOrdered},
    FunctionSpec{Function::less_equal, "<=", CallStyle::symbol, kOrdered},
    FunctionSpec{Function::greater, ">", CallStyle::symbol, kOrdered},
    FunctionSpec{Function::greater_equal, ">=", CallStyle::symbol, kOrdered},
    FunctionSpec{Function::in, "in", CallStyle::symbol, "ALb AMb"},
    FunctionSpec{Function::add, "+", CallStyle::symbol, "iii uuu ddd sss yyy LLL tpt ptt ppp"},
    FunctionSpec{Function::subtract, "-", CallStyle::symbol, "iii uuu ddd ttp tpt ppp"},
    FunctionSpec{Function::multiply, "*", CallStyle::symbol, "iii uuu ddd"},
    FunctionSpec{Function::divide, "/", CallStyle::symbol, "iii uuu ddd"},
    FunctionSpec{Function::remainder, "%", CallStyle::symbol, "iii uuu"},
    FunctionSpec{Function::negate, "-", CallStyle::symbol, "ii dd"},
    FunctionSpec{Function::logical_not, "!", CallStyle::symbol, "bb"},
    FunctionSpec{Function::index, "[]", CallStyle::symbol, "LiA MAB"},
    FunctionSpec{Function::size, "size", CallStyle::either, "si yi Li Mi"},
    FunctionSpec{Function::contains, "contains", CallStyle::member, "ssb"},
    FunctionSpec{Function::starts_with, "startsWith", CallStyle::member, "ssb"},
    FunctionSpec{Function::ends_with, "endsWith", CallStyle::member, "ssb"},
    FunctionSpec{Function::matches, "matches", CallStyle::either, "ssb"},
    FunctionSpec{Function::to_int, "int", CallStyle::plain, "ii ui di si ti pi"},
    FunctionSpec{Function::to_uint, "uint", CallStyle::plain, "uu iu du su"},
    FunctionSpec{Function::to_double, "double", CallStyle::plain, "dd id ud sd"},
    FunctionSpec{Function::to_string, "string", CallStyle::plain, "ss is us ds bs ys ts ps"},
    FunctionSpec{Function::to_bytes, "bytes", CallStyle::plain, "yy sy"},
    FunctionSpec{Function::to_bool, "bool", CallStyle::plain, "bb sb"},
    FunctionSpec{Function::to_timestamp, "timestamp", CallStyle::plain, "tt st it"},
    FunctionSpec{Function::to_duration, "duration", CallStyle::plain, "pp sp ip"},
    FunctionSpec{Function::to_dyn, "dyn", CallStyle::plain, "Ax"},
    FunctionSpec{Function::type_of, "type", CallStyle::plain, "AT"},
    FunctionSpec{Function::get_date, "getDate", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_day_of_month, "getDayOfMonth", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_day_of_week, "getDayOfWeek", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_day_of_year, "getDayOfYear", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_full_year, "getFullYear", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_hours, "getHours", CallStyle::member, "ti tsi pi"},
    FunctionSpec{Function::get_milliseconds, "getMilliseconds", CallStyle::member, "ti tsi pi"},
    FunctionSpec{Function::get_minutes, "getMinutes", CallStyle::member, "ti tsi pi"},
    FunctionSpec{Function::get_month, "getMonth", CallStyle::member, "ti tsi"},
    FunctionSpec{Function::get_seconds, "getSeconds", CallStyle::member, "ti tsi pi"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFunctions.size(); ++i) {
    if (static_cast<std::size_t>(kFunctions[i].function) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order());

}  // namespace

const FunctionSpec& spec_of(Function function) { return kFunctions[static_cast<std::size_t>(function)]; }

std::optional<Function> find_function(std::string_view name, CallStyle style) {
  for (const FunctionSpec& spec : kFunctions) {
    if (spec.name == name && (spec.style == style || spec.style == CallStyle::either)) {
      return spec.function;
    }
  }
  return std::nullopt;
}

std::span<const FunctionSpec> all_functions() { return kFunctions; }

}  // namespace exporter::filter
