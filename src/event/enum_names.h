// The names of the two enumerations of a health event: numbers are stored, names are exported.
//
// Source: NVSentinel's HealthEvent message (proto3, package datamodels), enums RecommendedAction and
// ProcessingStrategy.
// Two numbers have a name in some versions of that message only, 28 (REMEDIATE) and 39 (RESTART_APP). They are read by
// name, but written as digits, because the exporter that consumers know writes them so.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter::event {

// The name as exported, or empty for a number that is exported as its digits.
[[nodiscard]] std::string_view recommended_action_name(std::int32_t number);
[[nodiscard]] std::string_view processing_strategy_name(std::int32_t number);

// The number of a name in any letter case, or nothing for an unknown name.
[[nodiscard]] std::optional<std::int32_t> recommended_action_number(std::string_view name);
[[nodiscard]] std::optional<std::int32_t> processing_strategy_number(std::string_view name);

}  // namespace exporter::event
