#include <iostream>

#include "app/service.h"
#include "app/signals.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/run_flags.h"
#include "config/load.h"
#include "config/report.h"
#include "observability/log.h"

namespace exporter::cli {

int run_exporter(std::span<const std::string> arguments) {
  // Before any thread starts.
  app::block_signals();
  Arguments parser("event-exporter", "Follows the datastore and delivers every health event to the sink.");
  RawFlags raw;
  add_run_flags(parser, raw);
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  const config::Loaded loaded = config::load_file(given_flags(parser, raw), config::process_environment());
  std::cerr << config::render_problems(loaded);
  if (!loaded.ok()) {
    return 2;
  }
  log::init(log::parse_level(loaded.config.log_level), app::build_version().version,
            log::stderr_look(loaded.config.log_format));
  return app::run_service(loaded.config, loaded.settings);
}

}  // namespace exporter::cli
