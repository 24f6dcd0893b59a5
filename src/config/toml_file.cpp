#include "config/toml_file.h"

#include <toml++/toml.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/duration.h"
#include "config/keys.h"
#include "config/nearest.h"
#include "config/text.h"

namespace exporter::config {

namespace {

constexpr std::string_view kRoot = "exporter";
constexpr std::size_t kMostSuggestions = 100;

std::string_view describe(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::string list_of(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) {
      text += i + 1 == names.size() ? " or " : ", ";
    }
    text.append("\"").append(names[i]).append("\"");
  }
  return text;
}

// Converts one value to its field; what does not fit becomes an error of the draft.
struct Assign {
  const KeySpec& key;
  const toml::node& node;
  Draft& draft;

  void wrong_type(std::string_view expected, std::string remedy) const {
    draft.error(key.name, fmt::format("is {}, not {}", describe(node), expected), std::move(remedy));
  }

  void operator()(Field<std::string> get) const {
    if (const auto text = node.value_exact<std::string>()) {
      get(draft.config) = *text;
    } else {
      wrong_type("a string", "put it in quotes");
    }
  }

  void operator()(Field<Duration> get) const {
    const auto text = node.value_exact<std::string>();
    if (!text) {
      return wrong_type("a duration", R"(write it in quotes with a unit, like "30s")");
    }
    if (const Result<Duration> duration = parse_duration(*text)) {
      get(draft.config) = *duration;
    } else {
      draft.error(key.name, in_quotes(*text) + " " + duration.error().message,
                  R"(write it like "30s", "1m30s" or "500ms")");
    }
  }

  void operator()(Field<bool> get) const {
    if (const auto value = node.value_exact<bool>()) {
      get(draft.config) = *value;
    } else {
      wrong_type("a boolean", "write true or false without quotes");
    }
  }

  // 1e+06 is what a chart renders for 1000000 without a cast.
  void operator()(Field<std::int64_t> get) const {
    if (const auto integer = node.value_exact<std::int64_t>()) {
      get(draft.config) = *integer;
      return;
    }
    const auto number = node.value_exact<double>();
    if (!number) {
      return wrong_type("a whole number", "write it in digits without quotes");
    }
    // 2^63 is the first double that an int64 cannot hold.
    constexpr double kLimit = 9223372036854775808.0;
    if (std::trunc(*number) == *number && *number >= -kLimit && *number < kLimit) {
      get(draft.config) = static_cast<std::int64_t>(*number);
    } else {
      draft.error(key.name, fmt::format("{} is not a whole number of 64 bits", *number),
                  "write it in digits without a point");
    }
  }

  void operator()(Field<double> get) const {
    if (const auto number = node.value_exact<double>()) {
      get(draft.config) = *number;
    } else if (const auto integer = node.value_exact<std::int64_t>()) {
      get(draft.config) = static_cast<double>(*integer);
    } else {
      wrong_type("a number", "write it in digits without quotes");
    }
  }

  void operator()(const Choice& choice) const {
    const auto text = node.value_exact<std::string>();
    if (!text) {
      return wrong_type("a string", "write one of " + list_of(choice.names));
    }
    const auto found = std::find(choice.names.begin(), choice.names.end(), fold(*text));
    if (found == choice.names.end()) {
      draft.error(key.name, in_quotes(*text) + " is not known", "write " + list_of(choice.names));
    } else {
      choice.set(draft.config, static_cast<std::uint8_t>(found - choice.names.begin()));
    }
  }

  void operator()(MetadataTable /*unused*/) const {}  // read by read_metadata()
};

class Reader {
 public:
  explicit Reader(Draft& draft) : draft_(draft) {}

  void read(const toml::table& root) {
    std::vector<const toml::table*> exporters;
    for (const bool exact : {true, false}) {
      for (const auto& [key, node] : root) {
        const std::string_view name = key.str();
        if ((name == kRoot) != exact) {
          continue;
        }
        if (exact || fold(name) == kRoot) {
          add_table(kRoot, key, node, exporters);
        } else {
          unknown(printable(name), key, node);
        }
      }
    }
    for (const std::string& section : sections()) {
      read_section(section, exporters);
    }
    for (const toml::table* exporter : exporters) {
      warn_unknown_sections(*exporter);
    }
  }

 private:
  static std::uint32_t line_of(const toml::key& key) { return key.source().begin.line; }

  static std::vector<std::string> sections() {
    std::vector<std::string> names;
    for (const KeySpec& key : all_keys()) {
      std::string name(key.name.substr(0, key.name.rfind('.')));
      if (names.empty() || names.back() != name) {
        names.push_back(std::move(name));
      }
    }
    return names;
  }

  // One problem at the line of `key`, whatever the draft knows about other keys.
  void problem(Severity severity, const toml::key& key, std::string name, std::string message, std::string remedy) {
    draft_.problems.push_back(
        Problem{severity, draft_.file(), line_of(key), std::move(name), std::move(message), std::move(remedy)});
  }

  void unknown(const std::string& name, const toml::key& key, const toml::node& node) {
    // A file full of unknown names is another program's; looking for a neighbour of each would take seconds.
    std::string nearest;
    if (draft_.problems.size() < kMostSuggestions) {
      nearest = node.is_table() ? nearest_table(name) : nearest_key(name);
    }
    problem(Severity::warning, key, name, node.is_table() ? "unknown table, ignored" : "unknown key, ignored",
            nearest.empty() ? "" : "did you mean " + nearest + "?");
  }

  void add_table(std::string_view name, const toml::key& key, const toml::node& node,
                 std::vector<const toml::table*>& tables) {
    if (const toml::table* table = node.as_table()) {
      draft_.table_at(name, line_of(key));
      tables.push_back(table);
    } else {
      problem(Severity::error, key, std::string(name), fmt::format("is {}, not a table", describe(node)),
              fmt::format("write it as [{}]", name));
    }
  }

  void read_section(const std::string& full_name, const std::vector<const toml::table*>& exporters) {
    const std::string_view short_name = std::string_view(full_name).substr(kRoot.size() + 1);
    std::vector<const toml::table*> tables;
    for (const bool exact : {true, false}) {
      for (const toml::table* exporter : exporters) {
        for (const auto& [key, node] : *exporter) {
          if (fold(key.str()) == short_name && (key.str() == short_name) == exact) {
            add_table(full_name, key, node, tables);
          }
        }
      }
    }
    if (full_name + "." == kMetadataPrefix) {
      return read_metadata(tables);
    }
    for (const bool exact : {true, false}) {
      for (const toml::table* table : tables) {
        for (const auto& [key, node] : *table) {
          read_key(full_name, key, node, exact);
        }
      }
    }
  }

  void read_key(const std::string& section, const toml::key& key, const toml::node& node, bool exact) {
    const std::string name = section + "." + fold(key.str());
    const KeySpec* spec = find_key(name);
    const bool is_exact = spec != nullptr && name.ends_with("." + std::string(key.str()));
    if (is_exact != exact) {
      return;
    }
    if (spec == nullptr) {
      // An unknown key in the table of filters may be a filter; older and newer versions may well spell it differently.
      if (section == "exporter.filter") {
        return refuse_filter_key(key);
      }
      return unknown(section + "." + printable(key.str()), key, node);
    }
    if (draft_.origin(name) != nullptr) {
      return problem(Severity::warning, key, section + "." + printable(key.str()),
                     "is given twice, this one is ignored", "keep " + name);
    }
    draft_.came_from_line(name, line_of(key));
    std::visit(Assign{*spec, node, draft_}, spec->target);
  }

  void refuse_filter_key(const toml::key& key) {
    problem(Severity::error, key, "exporter.filter." + printable(key.str()),
            "is unknown, and what it should hold back would be exported",
            "write the filter as exporter.filter.expression, or remove the key");
  }

  void read_metadata(const std::vector<const toml::table*>& tables) {
    auto& metadata = draft_.config.metadata;
    for (const toml::table* table : tables) {
      for (const auto& [key, node] : *table) {
        const std::string name = std::string(kMetadataPrefix).append(key.str());
        if (draft_.origin(name) != nullptr) {
          problem(Severity::warning, key, printable(name), "is given twice, this one is ignored", "keep one of them");
          continue;
        }
        draft_.came_from_line(name, line_of(key));
        if (const auto text = node.value_exact<std::string>()) {
          metadata.emplace_back(key.str(), *text);
        } else if (node.is_table()) {
          draft_.error(name, "is a table, not a string", "put a key that holds dots in quotes");
        } else {
          draft_.error(name, fmt::format("is {}, not a string", describe(node)), "put the value in quotes");
        }
      }
    }
    std::sort(metadata.begin(), metadata.end());
  }

  void warn_unknown_sections(const toml::table& exporter) {
    for (const auto& [key, node] : exporter) {
      if (!is_known_table(fmt::format("{}.{}", kRoot, fold(key.str())))) {
        unknown(fmt::format("{}.{}", kRoot, printable(key.str())), key, node);
      }
    }
  }

  Draft& draft_;
};

void syntax_error(Draft& draft, std::uint32_t line, std::string_view description) {
  draft.problems.push_back(Problem{Severity::error, draft.file(), line, "",
                                   fmt::format("not valid TOML: {}", description),
                                   "correct this line; nothing after it was read"});
}

}  // namespace

bool read_toml(std::string_view text, Draft& draft) {
  try {
    const toml::table root = toml::parse(text);
    Reader(draft).read(root);
    return true;
  } catch (const toml::parse_error& error) {
    syntax_error(draft, error.source().begin.line, printable(error.description()));
  } catch (const std::exception& error) {
    syntax_error(draft, 0, printable(error.what()));
  }
  return false;
}

}  // namespace exporter::config
