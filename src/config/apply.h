// Environment (the datastore's variables apart: datastore.h) and command line over what the file said.
// Thread-safety: free functions without state.
#pragma once

#include <optional>
#include <string>

#include "config/draft.h"
#include "config/load.h"

namespace exporter::config {

void apply_environment(const Environment& environment, Draft& draft);
void apply_flags(const Flags& flags, Draft& draft);

// The value of a variable that is set and not empty.
[[nodiscard]] std::optional<std::string> set_variable(const Environment& environment, const std::string& name);
[[nodiscard]] std::optional<Given> given_variable(const Environment& environment, const std::string& name);

}  // namespace exporter::config
