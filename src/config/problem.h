// One thing that is wrong, or doubtful, in what the operator gave us: where, what, and what to do about it.
#pragma once

#include <cstdint>
#include <string>

namespace exporter::config {

enum class Severity : std::uint8_t { error, warning };  // an error means: exit code 2

struct Problem {
  Severity severity = Severity::error;
  std::string file;          // path as given; "environment" or "command line" for what is not in the file
  std::uint32_t line = 0;    // 0: no line
  std::string key;           // full key, variable or flag; may be empty (syntax errors)
  std::string message;       // what is wrong, no secrets, no full stop
  std::string remedy;        // what to do, no full stop; may be empty
  std::string excerpt = {};  // the place in the value, in lines of their own; may be empty

  friend bool operator==(const Problem&, const Problem&) = default;
};

// `config.toml:12: exporter.sink.timeout: "30 seconds" is not a duration; write it like "30s"`; a warning says so after
// the place, and an
// excerpt follows in indented lines.
[[nodiscard]] std::string to_string(const Problem& problem);

}  // namespace exporter::config
