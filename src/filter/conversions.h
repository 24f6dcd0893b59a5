// int(), uint(), double(), string(), bytes(), bool(), timestamp() and duration() of one value. Source: the CEL
// specification, section "Types and Conversions", and for what it leaves open what cel-go does. Thread-safety: as Work.
#pragma once

#include "filter/value.h"
#include "filter/work.h"

namespace exporter::filter {

// `node.function` says to what.
[[nodiscard]] Value convert(Work& work, const Node& node, const Value& value);

}  // namespace exporter::filter
