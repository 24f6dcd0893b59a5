#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

#include "base/error.h"
#include "config/apply.h"
#include "config/check.h"
#include "config/datastore.h"
#include "config/draft.h"
#include "config/keys.h"
#include "config/notes.h"
#include "config/text.h"
#include "config/toml_file.h"

namespace exporter::config {

namespace {

// A Kubernetes ConfigMap holds no more: https://kubernetes.io/docs/concepts/configuration/configmap/
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

std::string path_of(const Flags& flags) { return flags.config_path.value_or(Config().config_path); }

std::string origin_text(const Draft& draft, std::string_view key) {
  const Origin* origin = draft.origin(key);
  return origin == nullptr ? "default" : to_string(*origin);
}

std::vector<Setting> make_settings(const Draft& draft) {
  const Config& config = draft.config;
  std::vector<Setting> settings;
  const auto add = [&](std::string_view key, std::string value) {
    settings.push_back(Setting{printable(key), std::move(value), origin_text(draft, key)});
  };
  add("--config", in_quotes(config.config_path));
  add("--metrics-port", std::to_string(config.metrics_port));
  add("--oidc-secret-path", in_quotes(config.oidc_secret_path));
  add("--workers", std::to_string(config.workers));
  for (const KeySpec& key : all_keys()) {
    if (!std::holds_alternative<MetadataTable>(key.target)) {
      add(key.name, format_value(key, config));
      continue;
    }
    for (const auto& [name, value] : config.metadata) {
      add(std::string(kMetadataPrefix) + name, in_quotes(value));
    }
  }
  add("LOG_LEVEL", config.log_level.empty() ? "info" : printable(config.log_level));
  add("LOG_FORMAT", config.log_format.empty() ? "text on a terminal, json elsewhere" : printable(config.log_format));
  return settings;
}

// The reader goes through a file from the top; what is elsewhere comes after it.
void sort_problems(const std::string& file, std::vector<Problem>& problems) {
  const auto rank = [&](const Problem& problem) {
    const int place = problem.file == "command line"  ? 3
                      : problem.file == "environment" ? 2
                      : problem.file == file          ? 0
                                                      : 1;
    return std::pair(place, problem.line);
  };
  // Keeps the order of equals, as std::stable_sort would if clang took libstdc++ 12's without a deprecation warning.
  std::multimap<std::pair<int, std::uint32_t>, Problem> sorted;
  for (Problem& problem : problems) {
    sorted.emplace(rank(problem), std::move(problem));
  }
  problems.clear();
  for (auto& [place, problem] : sorted) {
    problems.push_back(std::move(problem));
  }
}

Loaded finish(const Flags& flags, const Environment& environment, const Files& files, Draft& draft, bool judge) {
  apply_environment(environment, draft);
  apply_datastore(environment, files, draft);
  apply_flags(flags, draft);
  if (judge) {
    check_values(draft);
  }
  Loaded loaded;
  loaded.settings = make_settings(draft);
  loaded.notes = make_notes(draft, environment);
  sort_problems(draft.file(), draft.problems);
  loaded.problems = std::move(draft.problems);
  loaded.config = std::move(draft.config);
  return loaded;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::string> read_text(const std::string& path) {
  const auto failed = [] { return fail(ErrorKind::invalid, std::generic_category().message(errno)); };
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    return failed();
  }
  std::string text(kLargestFile + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return failed();
  }
  if (text.size() > kLargestFile) {
    return fail(ErrorKind::invalid, "it is larger than 1 MiB");
  }
  return text;
}

}  // namespace

bool Loaded::ok() const {
  return std::none_of(problems.begin(), problems.end(), [](const Problem& p) { return p.severity == Severity::error; });
}

Loaded load(const Flags& flags, std::string_view toml_text, const Environment& environment, const Files& files) {
  Draft draft(path_of(flags));
  const bool readable = read_toml(toml_text, draft);
  return finish(flags, environment, files, draft, readable);
}

Loaded load_file(const Flags& flags, const Environment& environment, const Files& files) {
  const std::string path = path_of(flags);
  const Result<std::string> text = files.read(path);
  if (text) {
    return load(flags, *text, environment, files);
  }
  Draft draft(path);
  draft.problems.push_back(Problem{Severity::error, path, 0, "", "cannot be read: " + text.error().message,
                                   "name the configuration file with --config"});
  return finish(flags, environment, files, draft, false);
}

Files no_files() {
  return {[](const std::string&) -> Result<std::string> { return fail(ErrorKind::invalid, "there are no files"); },
          [](const std::string&) { return false; }};
}

Files process_files() {
  return {read_text, [](const std::string& path) {
            std::error_code ignored;
            return std::filesystem::exists(path, ignored);
          }};
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace exporter::config
