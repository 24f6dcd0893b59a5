#include "cli/verify_text.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "base/json_text.h"
#include "base/terminal_text.h"

namespace exporter::cli {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// A problem of the configuration has its excerpt in lines of its own.
void append_note(std::string& out, std::string_view mark, std::string_view text) {
  constexpr std::string_view kIndent = "         ";
  out += fmt::format("{}{}: ", kIndent, mark);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += for_terminal(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
    out += text.empty() ? "" : kIndent;
  }
}

}  // namespace

std::string verify_text(const app::VerifyStep& step) {
  const app::Finding& finding = step.finding;
  const std::string outcome =
      finding.outcome == app::StepOutcome::failed ? "FAILED" : std::string(to_string(finding.outcome));
  const std::string took =
      finding.outcome == app::StepOutcome::skipped ? "" : fmt::format("{:.3f} s", seconds(step.took));
  std::string out = fmt::format("{:<7}  {:<18}  {:>9}  {}\n", outcome, step.name, took, for_terminal(finding.seen));
  for (const std::string& warning : finding.warnings) {
    append_note(out, "warning", warning);
  }
  for (const std::string& remedy : finding.remedies) {
    append_note(out, "do", remedy);
  }
  return out;
}

std::string verify_json(const app::VerifyStep& step) {
  const app::Finding& finding = step.finding;
  std::string facts;
  for (const auto& [name, value] : finding.facts) {
    facts += (facts.empty() ? "" : ",") + json_string(name) + ":" + json_string(value);
  }
  return fmt::format(
      R"({{"step":{},"outcome":{},"seconds":{:.6f},"seen":{},"warnings":{},"remedies":{},"facts":{{{}}}}})"
      "\n",
      json_string(step.name), json_string(to_string(finding.outcome)), seconds(step.took), json_string(finding.seen),
      json_array(finding.warnings), json_array(finding.remedies), facts);
}

}  // namespace exporter::cli
