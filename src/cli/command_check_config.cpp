#include <iostream>

#include "app/traces.h"
#include "cli/command.h"
#include "cli/run_flags.h"
#include "config/report.h"

namespace exporter::cli {

int run_check_config(std::span<const std::string> arguments) {
  Arguments parser("event-exporter check-config",
                   "Checks the configuration without connecting to anything and prints what would be used. "
                   "Exit code 0: event-exporter would start with it; 2: it would not.");
  RawFlags raw;
  add_run_flags(parser, raw);
  if (const std::optional<int> exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  const config::Loaded loaded = config::load_file(given_flags(parser, raw), config::process_environment());
  std::cout << config::render_report(loaded);
  for (const tracing::SettingProblem& problem : app::trace_settings().problems) {
    std::cout << "environment: warning: " << problem.variable << ": " << problem.text << "\n";
  }
  std::cout << std::flush;
  return loaded.ok() ? 0 : 2;
}

}  // namespace exporter::cli
