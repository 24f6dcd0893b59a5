#include "config/datastore_yaml.h"

#include <yaml-cpp/yaml.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <set>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "config/text.h"

namespace exporter::config {

namespace {

enum class Shape : std::uint8_t { scalar, map, free_map, anything };

// A text full of unknown names is another program's; looking for a neighbour of each would take seconds.
constexpr std::size_t kMostSuggestions = 100;

struct Known {
  std::string_view name;
  Shape shape;
};

constexpr std::array<Known, 17> kKnown = {{
    {"provider", Shape::scalar},
    {"connection", Shape::map},
    {"options", Shape::anything},
    {"connection.host", Shape::scalar},
    {"connection.port", Shape::scalar},
    {"connection.database", Shape::scalar},
    {"connection.username", Shape::scalar},
    {"connection.password", Shape::scalar},
    {"connection.sslmode", Shape::scalar},
    {"connection.sslcert", Shape::scalar},
    {"connection.sslkey", Shape::scalar},
    {"connection.sslrootcert", Shape::scalar},
    {"connection.tls", Shape::map},
    {kExtraParams, Shape::free_map},
    {"connection.tls.certPath", Shape::scalar},
    {"connection.tls.keyPath", Shape::scalar},
    {"connection.tls.caPath", Shape::scalar},
}};

std::uint32_t line_of(const YAML::Node& node) {
  return node.Mark().is_null() ? 0 : static_cast<std::uint32_t>(node.Mark().line) + 1;
}

// May throw what yaml-cpp throws.
class Reader {
 public:
  Reader(std::string name, Draft& draft) : name_(std::move(name)), draft_(draft) {}

  DatastoreValues read(const YAML::Node& root) {
    if (root.IsMap()) {
      read_map(root, "", Shape::map);
    } else {
      problem(line_of(root), "", Severity::error, "holds no names and values",
              "write it as provider: mongodb and connection: with host and database below it");
    }
    return std::move(values_);
  }

 private:
  void problem(std::uint32_t line, std::string_view key, Severity severity, std::string message, std::string remedy) {
    draft_.problems.push_back(Problem{severity, name_, line, printable(key), std::move(message), std::move(remedy)});
  }

  void read_map(const YAML::Node& map, const std::string& prefix, Shape shape) {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        problem(line_of(entry.first), prefix, Severity::error, "holds a name that is no text", "write name: value");
        continue;
      }
      const std::string name = prefix.empty() ? entry.first.Scalar() : prefix + "." + entry.first.Scalar();
      if (!seen.insert(name).second) {
        problem(line_of(entry.first), name, Severity::error, "is given twice", "keep one of them");
      } else if (shape == Shape::free_map) {
        read_scalar(name, line_of(entry.first), entry.second);
      } else {
        read_known(name, line_of(entry.first), entry.second);
      }
    }
  }

  void read_known(const std::string& name, std::uint32_t line, const YAML::Node& node) {
    const auto* known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.name == name; });
    if (known == kKnown.end()) {
      std::vector<std::string_view> names;
      names.reserve(kKnown.size());
      for (const Known& each : kKnown) {
        names.push_back(each.name);
      }
      const std::string nearest = draft_.problems.size() < kMostSuggestions ? nearest_of(name, names) : "";
      return problem(line, name, Severity::warning, "unknown key, ignored",
                     nearest.empty() ? "" : "did you mean " + nearest + "?");
    }
    if (node.IsNull()) {
      return;
    }
    if (known->shape == Shape::scalar) {
      return read_scalar(name, line, node);
    }
    if (known->shape == Shape::anything) {
      return draft_.came_from(name, Origin{Origin::Kind::file, name_, line, name});
    }
    if (!node.IsMap()) {
      return problem(line, name, Severity::error, "holds no names and values", "write them below it, indented");
    }
    read_map(node, name, known->shape);
  }

  void read_scalar(const std::string& name, std::uint32_t line, const YAML::Node& node) {
    if (node.IsNull()) {
      return;
    }
    if (!node.IsScalar()) {
      return problem(line, name, Severity::error, "is not one value", "write it on one line, in quotes if need be");
    }
    if (node.Scalar().empty()) {
      return;
    }
    Origin origin{Origin::Kind::file, name_, line, name};
    draft_.came_from(name, origin);
    values_.insert_or_assign(name, Given{node.Scalar(), std::move(origin)});
  }

  std::string name_;
  Draft& draft_;
  DatastoreValues values_;
};

}  // namespace

DatastoreValues read_datastore_yaml(const std::string& text, const std::string& name, Draft& draft) {
  const auto refuse = [&](std::uint32_t line, std::string_view description) {
    draft.problems.push_back(Problem{Severity::error, name, line, "",
                                     fmt::format("not valid YAML: {}", printable(description)), "correct this line"});
    return DatastoreValues{};
  };
  try {
    return Reader(name, draft).read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return refuse(error.mark.is_null() ? 0 : static_cast<std::uint32_t>(error.mark.line) + 1, error.msg);
  } catch (const std::exception& error) {
    return refuse(0, error.what());
  }
}

}  // namespace exporter::config
