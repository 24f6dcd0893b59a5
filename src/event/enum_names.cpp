#include "event/enum_names.h"

#include <span>

#include "base/ascii.h"

namespace exporter::event {
namespace {

struct Name {
  std::int32_t number;
  std::string_view text;
  bool exported = true;  // false: known on input only
};

constexpr Name kActions[] = {
    {0, "NONE"},        {2, "COMPONENT_RESET"}, {5, "CONTACT_SUPPORT"},   {6, "RUN_FIELDDIAG"},
    {15, "RESTART_VM"}, {24, "RESTART_BM"},     {25, "REPLACE_VM"},       {26, "RUN_DCGMEUD"},
    {27, "CUSTOM"},     {99, "UNKNOWN"},        {28, "REMEDIATE", false}, {39, "RESTART_APP", false},
};

constexpr Name kStrategies[] = {
    {0, "UNSPECIFIED"},
    {1, "EXECUTE_REMEDIATION"},
    {2, "STORE_ONLY"},
    {3, "STORE_AND_ANALYSE"},
};

std::string_view name_of(std::span<const Name> names, std::int32_t number) {
  for (const Name& name : names) {
    if (name.number == number) {
      return name.exported ? name.text : std::string_view();
    }
  }
  return {};
}

std::optional<std::int32_t> number_of(std::span<const Name> names, std::string_view text) {
  for (const Name& name : names) {
    if (equals_ignoring_case(name.text, text)) {
      return name.number;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view recommended_action_name(std::int32_t number) { return name_of(kActions, number); }
std::string_view processing_strategy_name(std::int32_t number) { return name_of(kStrategies, number); }

std::optional<std::int32_t> recommended_action_number(std::string_view name) { return number_of(kActions, name); }
std::optional<std::int32_t> processing_strategy_number(std::string_view name) { return number_of(kStrategies, name); }

}  // namespace exporter::event
