// The operators and functions on values; conversions are in conversions.h. Source: the CEL specification, section
// "Standard Definitions". Thread-safety: as Work.
#pragma once

#include "filter/value.h"
#include "filter/work.h"

namespace exporter::filter {

// No operand is an error. The result may be one.
[[nodiscard]] Value apply_unary(Work& work, const Node& node, const Value& operand);
[[nodiscard]] Value apply_binary(Work& work, const Node& node, const Value& left, const Value& right, DigitRoom& room);

// x.f; `room` as in field_value().
[[nodiscard]] Value select(Work& work, const Node& node, const Value& operand, DigitRoom& room);

}  // namespace exporter::filter
