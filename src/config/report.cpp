#include "config/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/number_text.h"

namespace exporter::config {

namespace {

// Values longer than this do not push the last column out of sight.
constexpr std::size_t kWidestValue = 60;

void append_settings(std::string& out, const std::vector<Setting>& settings) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const Setting& setting : settings) {
    key_width = std::max(key_width, setting.key.size());
    if (setting.value.size() <= kWidestValue) {
      value_width = std::max(value_width, setting.value.size());
    }
  }
  out += "Effective configuration:\n";
  for (const Setting& setting : settings) {
    fmt::format_to(std::back_inserter(out), "  {:<{}}  {:<{}}  {}\n", setting.key, key_width, setting.value,
                   value_width, setting.origin);
  }
}

void append_notes(std::string& out, const std::vector<Note>& notes) {
  if (notes.empty()) {
    return;
  }
  out += "\nSettings that do something else than in NVIDIA's event-exporter, or nothing:\n";
  for (const Note& note : notes) {
    fmt::format_to(std::back_inserter(out), "  {} ({}): {}\n", note.key, note.origin, note.text);
  }
}

}  // namespace

std::string render_problems(const Loaded& loaded) {
  std::string out;
  for (const Problem& problem : loaded.problems) {
    out += to_string(problem) + "\n";
  }
  return out;
}

std::string render_report(const Loaded& loaded) {
  std::string out = render_problems(loaded);
  if (!out.empty()) {
    out += "\n";
  }
  append_settings(out, loaded.settings);
  append_notes(out, loaded.notes);
  const auto is_error = [](const Problem& problem) { return problem.severity == Severity::error; };
  const auto errors = static_cast<std::size_t>(std::count_if(loaded.problems.begin(), loaded.problems.end(), is_error));
  out += fmt::format("\n{}, {}: {}\n", counted(errors, "error"), counted(loaded.problems.size() - errors, "warning"),
                     errors == 0 ? "event-exporter starts with this configuration"
                                 : "event-exporter does not start with this configuration");
  return out;
}

}  // namespace exporter::config
