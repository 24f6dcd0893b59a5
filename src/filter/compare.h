// Equality and order of values. Source: the CEL specification, sections "Equality" and "Ordering": numbers of all three
// types lie on one line and are compared exactly; other values of different types are unequal and have no order; a NaN
// is neither equal to, nor less, nor greater than anything. Thread-safety: as Work.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>

#include "filter/value.h"
#include "filter/work.h"

namespace exporter::filter {

// Both numbers.
[[nodiscard]] std::partial_ordering compare_numbers(const Value& left, const Value& right);

// Never an error; what it costs is counted at `node`. After the work has stopped the answer means nothing.
[[nodiscard]] bool equal(Work& work, const Node& node, const Value& left, const Value& right);

// Nothing for values that have no order.
[[nodiscard]] std::optional<std::partial_ordering> order(Work& work, const Node& node, const Value& left,
                                                         const Value& right);

// Of a list: its element. Of a map: its key. `at` < range.size.
[[nodiscard]] Value element_at(const Value& range, std::size_t at);

// The value of that key; nothing when the map has none. `room` as in field_value().
[[nodiscard]] std::optional<Value> find_key(Work& work, const Node& node, const Value& map, const Value& key,
                                            DigitRoom& room);
[[nodiscard]] std::optional<Value> find_key(Work& work, const Node& node, const Value& map, std::string_view key,
                                            DigitRoom& room);

}  // namespace exporter::filter
