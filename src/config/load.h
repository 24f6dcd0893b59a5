// File, environment and flags -> Config, with every problem reported at once and the origin of every value.
//
// load() is pure: the text, the flags and the environment come in as values, so tests and the fuzzer need neither files
// nor variables. Order of precedence: flag, environment, the datastore's YAML, file, default.
// Thread-safety: free functions without state; the environment is read only through the function that is passed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "config/problem.h"

namespace exporter::config {

// The command line as given; what was not given is empty.
struct Flags {
  std::optional<std::string> config_path;
  std::optional<std::string> metrics_port;
  std::optional<std::string> oidc_secret_path;
  std::optional<std::int64_t> workers;
};

// Looks up one variable. An empty value means the same as none, as in the incumbent.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// What load() asks of the file system, so that tests and the fuzzer need none.
struct Files {
  std::function<Result<std::string>(const std::string& path)> read;  // at most 1 MiB; error: invalid
  std::function<bool(const std::string& path)> exists;
};
[[nodiscard]] Files no_files();       // none can be read, none exists
[[nodiscard]] Files process_files();  // those of this machine

// One effective value, ready to print: `value` holds no secret.
struct Setting {
  std::string key;  // "exporter.sink.timeout", "--workers", "LOG_LEVEL"
  std::string value;
  std::string origin;  // "default", "config.toml:12", "environment DATASTORE_PATH", "flag --workers"
  friend bool operator==(const Setting&, const Setting&) = default;
};

// A setting that was given and means something else here than in the incumbent, or nothing at all.
struct Note {
  std::string key;
  std::string origin;
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Loaded {
  Config config;                  // to be used only when ok()
  std::vector<Problem> problems;  // the file's by line, other files', the environment's, the command line's
  std::vector<Setting> settings;  // every setting, in the order of the documentation
  std::vector<Note> notes;

  [[nodiscard]] bool ok() const;  // no error among the problems
};

// Never fails otherwise than by errors among the problems. After a syntax error the file's values are not judged.
// `files`: the YAML that DATASTORE_YAML_PATH names is read, and certificates are looked for.
[[nodiscard]] Loaded load(const Flags& flags, std::string_view toml_text, const Environment& environment,
                          const Files& files = no_files());

// load() of the file that the flags name, at most 1 MiB of it. A file that cannot be read is one of the problems.
[[nodiscard]] Loaded load_file(const Flags& flags, const Environment& environment,
                               const Files& files = process_files());

// The environment of this process. Thread-safety: not while another thread calls setenv(3).
[[nodiscard]] Environment process_environment();

}  // namespace exporter::config
