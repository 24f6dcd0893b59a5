// The configuration while it is being made: values, where each came from, and what was wrong so far.
//
// Internal to this folder. Thread-safety: none; lives within one call of load().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/problem.h"

namespace exporter::config {

struct Origin {
  enum class Kind : std::uint8_t { file, environment, flag };
  Kind kind = Kind::file;
  std::string name;        // the file's path, the variable, or the flag with its dashes
  std::uint32_t line = 0;  // file only; 0: no line
  std::string key = {};    // file only: what that file calls the value, where we call it otherwise
};

// A value that is not in the configuration yet.
struct Given {
  std::string value;
  Origin origin;
};

[[nodiscard]] std::string to_string(const Origin& origin);

class Draft {
 public:
  Config config;
  std::vector<Problem> problems;

  // `file`: the configuration file's path as given.
  explicit Draft(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] const std::string& file() const { return file_; }

  // Remembers where the value of `key` came from; a later call wins, as the later source does.
  void came_from(std::string_view key, Origin origin);
  void came_from_line(std::string_view key, std::uint32_t line);
  void table_at(std::string_view table, std::uint32_t line);

  [[nodiscard]] const Origin* origin(std::string_view key) const;  // nullptr: default

  // Adds a problem at the place of the key's value, of its table's header when the key is missing, or of the file. Of
  // two errors about one key only the first is kept: the second would judge a value that was never taken.
  void error(std::string_view key, std::string message, std::string remedy, std::string excerpt = {});
  void warning(std::string_view key, std::string message, std::string remedy, std::string excerpt = {});

  // A problem of what was given there, whichever key it was for.
  void problem_at(const Origin& origin, Severity severity, std::string message, std::string remedy);

  // Whether there was an error about the key, so that nothing else should be concluded from its value.
  [[nodiscard]] bool is_broken(std::string_view key) const { return broken_.contains(key); }
  void mark_broken(std::string_view key) { broken_.emplace(key); }

  // Puts what environment or YAML gave over what the file said, and warns when that was something else.
  void take(std::string_view key, std::string& field, const Given& given);
  // The warning alone. `winner`: a variable.
  void warn_overridden(std::string_view key, const Origin& winner);

 private:
  void add(Severity severity, std::string_view key, std::string message, std::string remedy, std::string excerpt);

  std::string file_;
  std::map<std::string, Origin, std::less<>> origins_;
  std::map<std::string, std::uint32_t, std::less<>> tables_;
  std::set<std::string, std::less<>> broken_;
};

}  // namespace exporter::config
