#include "config/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/text.h"

namespace exporter::config {

namespace {

void put_at(const Origin& place, Problem& problem) {
  if (place.kind == Origin::Kind::file) {
    problem.file = place.name;
    problem.line = place.line;
    if (!place.key.empty()) {
      problem.key = printable(place.key);
    }
  } else {
    problem.file = place.kind == Origin::Kind::flag ? "command line" : "environment";
    problem.key = place.name;
  }
}

}  // namespace

std::string to_string(const Origin& origin) {
  switch (origin.kind) {
    case Origin::Kind::file:
      return origin.line == 0 ? origin.name : fmt::format("{}:{}", origin.name, origin.line);
    case Origin::Kind::environment:
      return "environment " + origin.name;
    case Origin::Kind::flag:
      return "flag " + origin.name;
  }
  return "default";
}

void Draft::came_from(std::string_view key, Origin origin) {
  origins_.insert_or_assign(std::string(key), std::move(origin));
}
void Draft::came_from_line(std::string_view key, std::uint32_t line) {
  came_from(key, Origin{Origin::Kind::file, file_, line});
}
void Draft::table_at(std::string_view table, std::uint32_t line) { tables_.emplace(table, line); }

const Origin* Draft::origin(std::string_view key) const {
  const auto found = origins_.find(key);
  return found == origins_.end() ? nullptr : &found->second;
}

void Draft::error(std::string_view key, std::string message, std::string remedy, std::string excerpt) {
  if (broken_.emplace(key).second) {
    add(Severity::error, key, std::move(message), std::move(remedy), std::move(excerpt));
  }
}
void Draft::warning(std::string_view key, std::string message, std::string remedy, std::string excerpt) {
  if (!broken_.contains(key)) {
    add(Severity::warning, key, std::move(message), std::move(remedy), std::move(excerpt));
  }
}

void Draft::problem_at(const Origin& origin, Severity severity, std::string message, std::string remedy) {
  Problem problem{severity, file_, 0, "", std::move(message), std::move(remedy), {}};
  put_at(origin, problem);
  problems.push_back(std::move(problem));
}

void Draft::take(std::string_view key, std::string& field, const Given& given) {
  if (field != given.value) {
    warn_overridden(key, given.origin);
  }
  came_from(key, given.origin);
  field = given.value;
}

void Draft::warn_overridden(std::string_view key, const Origin& winner) {
  if (origin(key) != nullptr) {
    const bool is_variable = winner.kind == Origin::Kind::environment;
    warning(key, is_variable ? winner.name + " is set and wins" : to_string(winner) + " says something else and wins",
            "remove one of them");
  }
}

void Draft::add(Severity severity, std::string_view key, std::string message, std::string remedy, std::string excerpt) {
  Problem problem{severity, file_, 0, printable(key), std::move(message), std::move(remedy), std::move(excerpt)};
  if (const Origin* place = origin(key)) {
    put_at(*place, problem);
  } else if (const auto table = tables_.find(key.substr(0, key.rfind('.'))); table != tables_.end()) {
    problem.line = table->second;
  }
  problems.push_back(std::move(problem));
}

std::string to_string(const Problem& problem) {
  std::string text = problem.line == 0 ? problem.file : fmt::format("{}:{}", problem.file, problem.line);
  if (problem.severity == Severity::warning) {
    text += ": warning";
  }
  if (!problem.key.empty()) {
    text += ": " + problem.key;
  }
  text += ": " + problem.message;
  if (!problem.remedy.empty()) {
    text += "; " + problem.remedy;
  }
  for (std::string_view rest = problem.excerpt; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    text += fmt::format("\n    {}", line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return text;
}

}  // namespace exporter::config
