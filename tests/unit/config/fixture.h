// Short ways to load a text in a test, without files or a real environment.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace exporter::config {

using Variables = std::map<std::string, std::string>;

inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

// The shortest file that is in order; five lines, so a test's own text starts at line 6.
inline constexpr std::string_view kMinimal = R"([exporter]
metadata.cluster = "c1"
sink.endpoint = "https://sink.example/events"
oidc = { token_url = "https://idp.example/token", client_id = "exp", scope = "events:write" }
datastore = { provider = "sqlite", path = "/data/events.db" }
)";

// Files that are there, by path.
inline Files files_of(std::map<std::string, std::string> files) {
  Files result;
  result.exists = [files](const std::string& path) { return files.contains(path); };
  result.read = [files = std::move(files)](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? Result<std::string>(fail(ErrorKind::invalid, "No such file or directory"))
                                : Result<std::string>(found->second);
  };
  return result;
}

inline Loaded load_text(std::string_view text, Variables variables = {}, Flags flags = {},
                        const Files& files = no_files()) {
  if (!flags.config_path) {
    flags.config_path = "config.toml";
  }
  return load(flags, text, environment_of(std::move(variables)), files);
}

// kMinimal without its datastore; four lines.
inline std::string without_datastore() { return std::string(kMinimal.substr(0, kMinimal.find("datastore"))); }

// Settings of MongoDB that are in order, by the variables of the incumbent's chart, and `more`.
inline Variables mongodb_variables(const Variables& more = {}) {
  Variables variables = {{"MONGODB_URI", "mongodb://db:27017/?replicaSet=rs0"},
                         {"MONGODB_DATABASE_NAME", "HealthEventsDatabase"},
                         {"MONGODB_TOKEN_COLLECTION_NAME", "ResumeTokens"}};
  for (const auto& [name, value] : more) {
    variables.insert_or_assign(name, value);
  }
  return variables;
}

inline Loaded load_mongodb(const Variables& more = {}, const Files& files = no_files()) {
  return load_text(without_datastore(), mongodb_variables(more), {}, files);
}

// kMinimal and then `text`.
inline Loaded load_with(std::string_view text, Variables variables = {}, Flags flags = {}) {
  return load_text(std::string(kMinimal) + std::string(text), std::move(variables), std::move(flags));
}

inline std::vector<std::string> printed(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const Problem& problem : loaded.problems) {
    lines.push_back(to_string(problem));
  }
  return lines;
}

// "value | origin" of a setting, empty when there is none.
inline std::string setting(const Loaded& loaded, std::string_view key) {
  for (const Setting& each : loaded.settings) {
    if (each.key == key) {
      return each.value + " | " + each.origin;
    }
  }
  return {};
}

// A file of the repository.
inline std::string read_source(const std::string& path) {
  std::ifstream file(std::string(EXPORTER_SOURCE_DIR "/") + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace exporter::config
