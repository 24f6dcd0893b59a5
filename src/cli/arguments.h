// Command-line parsing, with the library (CLI11) hidden: it is included in one source file only.
//
// Accepts what Go's flag package accepts: one or two dashes, `-name=value` or `-name value`.
// Thread-safety: used on the main thread before anything else runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::cli {

class Arguments {
 public:
  // `usage_name`: what stands after "Usage:", for example "event-exporter ingest".
  Arguments(std::string usage_name, std::string description);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // `name` without dashes. `target` holds the default and must outlive parse().
  void option(std::string_view name, std::string& target, std::string_view help);
  void option(std::string_view name, std::int64_t& target, std::string_view help);
  void option(std::string_view name, double& target, std::string_view help);
  void flag(std::string_view name, bool& target, std::string_view help);
  void positional(std::string_view name, std::string& target, std::string_view help, bool required);
  // Any number of them.
  void positional(std::string_view name, std::vector<std::string>& target, std::string_view help);

  // Nothing: go on. A value: the process exits with it (0 after --help, 2 after an error; both were printed).
  [[nodiscard]] std::optional<int> parse(std::span<const std::string> arguments);

  // Whether the option `name` was given on the command line; false for one that was not added. After parse().
  [[nodiscard]] bool given(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::cli
