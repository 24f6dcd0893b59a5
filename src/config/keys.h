// The one table of keys: reading the file, suggesting names, printing the configuration and checking the documentation
// all work from it. tools/check_config_docs.py reads keys.cpp as text, so its rows keep their form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.h"

namespace exporter::config {

// Where a value goes. Captureless functions, so that the table is constant data.
template <class T>
using Field = T& (*)(Config&);

struct Choice {
  std::span<const std::string_view> names;  // by enumerator value
  std::uint8_t (*get)(const Config&);
  void (*set)(Config&, std::uint8_t);
};
struct MetadataTable {};  // one row stands for the whole table of free keys

using Target = std::variant<Field<std::string>, Field<Duration>, Field<bool>, Field<std::int64_t>, Field<double>,
                            Choice, MetadataTable>;

struct KeySpec {
  std::string_view name;          // lower case, with dots: "exporter.sink.timeout"
  std::string_view type;          // for people; "URL" and "MongoDB URI" also mean: redact when printing
  std::string_view default_text;  // as format_value() prints it, or "required"
  std::string_view help;          // one line
  Target target;
};

struct EnvironmentSpec {
  std::string_view name;
  std::string_view help;
};

[[nodiscard]] std::span<const KeySpec> all_keys();
[[nodiscard]] std::span<const EnvironmentSpec> all_environment();

inline constexpr std::string_view kMetadataPrefix = "exporter.metadata.";

// By full name in lower case; nullptr when there is none.
[[nodiscard]] const KeySpec* find_key(std::string_view name);

// Whether some key lives in `table` ("exporter", "exporter.sink").
[[nodiscard]] bool is_known_table(std::string_view table);

// The value that `config` holds for the key, as text without secrets; strings in quotes. Empty for MetadataTable.
[[nodiscard]] std::string format_value(const KeySpec& key, Config config);

}  // namespace exporter::config
