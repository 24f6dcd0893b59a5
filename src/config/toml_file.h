// The configuration file's text -> values in the draft. toml++ is seen by toml_file.cpp only.
//
// As the incumbent's loader does, names are taken in their exact spelling first and in any case otherwise; of a name
// that is given in two spellings, the exact one counts. Unknown names are warned about and ignored.
// Thread-safety: free function without state.
#pragma once

#include <string_view>

#include "config/draft.h"

namespace exporter::config {

// Whether the text was TOML at all; if not, the draft holds one error with its line and no values.
bool read_toml(std::string_view text, Draft& draft);

}  // namespace exporter::config
