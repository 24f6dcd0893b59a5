// The command line that `run` and `check-config` share, so that the one checks exactly what the other would use. The
// `dlq` commands take what they need of it.
// Thread-safety: used on the main thread before anything else runs.
#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.h"
#include "config/load.h"

namespace exporter::cli {

// Where the parser puts the values; holds the defaults until then.
struct RawFlags {
  std::string config_path;
  std::string metrics_port;
  std::string oidc_secret_path;
  std::int64_t workers = 0;

  RawFlags();  // the defaults of config::Config
};

// Adds config, metrics-port, oidc-secret-path and workers. `raw` must outlive arguments.parse().
void add_run_flags(Arguments& arguments, RawFlags& raw);
void add_config_flag(Arguments& arguments, RawFlags& raw);
void add_delivery_flags(Arguments& arguments, RawFlags& raw);  // oidc-secret-path and workers

// After arguments.parse(): only what was really given, so that the origin of each value is told right.
[[nodiscard]] config::Flags given_flags(const Arguments& arguments, const RawFlags& raw);

}  // namespace exporter::cli
