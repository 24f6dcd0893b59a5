// The exporter as a program: concrete parts put together, started, drained, stopped.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/load.h"

namespace exporter::app {

// What the build says about itself.
struct Version {
  const char* version;
  const char* commit;
};
[[nodiscard]] Version build_version();

// Runs until a signal ends it. The exit code: 0 after a drain, 1 after a failure at run time, 2 when the configuration
// cannot work (unreadable secret, bad CA file, a datastore file that is not ours). block_signals() was called before.
// `settings`: for the status page.
[[nodiscard]] int run_service(const config::Config& config, std::vector<config::Setting> settings);

}  // namespace exporter::app
