// Which datastore and where, from the incumbent's variables or its YAML, over what the configuration file said.
//
// The source is the first of: the variables, when DATASTORE_PROVIDER is set; the YAML text in DATASTORE_YAML; the YAML
// file that DATASTORE_YAML_PATH names; neither. Of these only one is read, as in the incumbent. MONGODB_URI, the place
// of the token, MONGODB_USE_SYSTEM_TLS and APP_NAME are read whatever the source. What all that leaves open is taken
// from [exporter.datastore], key by key.
// Thread-safety: free function without state.
#pragma once

#include "config/draft.h"
#include "config/load.h"

namespace exporter::config {

void apply_datastore(const Environment& environment, const Files& files, Draft& draft);

}  // namespace exporter::config
