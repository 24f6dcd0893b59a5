#include "cli/run_flags.h"

namespace exporter::cli {

RawFlags::RawFlags() {
  const config::Config defaults;
  config_path = defaults.config_path;
  metrics_port = std::to_string(defaults.metrics_port);
  oidc_secret_path = defaults.oidc_secret_path;
  workers = defaults.workers;
}

void add_config_flag(Arguments& arguments, RawFlags& raw) {
  arguments.option("config", raw.config_path, "TOML configuration file");
}

void add_delivery_flags(Arguments& arguments, RawFlags& raw) {
  arguments.option("oidc-secret-path", raw.oidc_secret_path, "File that holds the OIDC client secret");
  arguments.option("workers", raw.workers, "Requests in flight at most; 0 or less means 1");
}

void add_run_flags(Arguments& arguments, RawFlags& raw) {
  add_config_flag(arguments, raw);
  arguments.option("metrics-port", raw.metrics_port, "Port of the metrics and health server; 0 = any free port");
  add_delivery_flags(arguments, raw);
}

config::Flags given_flags(const Arguments& arguments, const RawFlags& raw) {
  config::Flags flags;
  if (arguments.given("config")) {
    flags.config_path = raw.config_path;
  }
  if (arguments.given("metrics-port")) {
    flags.metrics_port = raw.metrics_port;
  }
  if (arguments.given("oidc-secret-path")) {
    flags.oidc_secret_path = raw.oidc_secret_path;
  }
  if (arguments.given("workers")) {
    flags.workers = raw.workers;
  }
  return flags;
}

}  // namespace exporter::cli
