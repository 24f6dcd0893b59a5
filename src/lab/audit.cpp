#include "lab/audit.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/number_text.h"

namespace exporter::lab {
namespace {

constexpr std::size_t kMostExamples = 5;

}  // namespace

Audit::Audit(EventIdSet delivered) : delivered_(std::move(delivered)) {}

void Audit::add_stored(std::string_view document_id, std::string_view event_id) {
  ++report_.stored;
  const std::uint32_t times = delivered_.count(event_id);
  if (times > 0) {
    ++report_.delivered;
    if (times > 1) {
      ++report_.duplicate_ids;
    }
  } else if (report_.absent_examples.size() < kMostExamples) {
    report_.absent_examples.emplace_back(document_id);
  }
}

AuditReport Audit::report(std::uint64_t dead_letters) const {
  AuditReport report = report_;
  const std::uint64_t absent = report.stored - report.delivered;
  report.dead_letters = std::min(absent, dead_letters);
  report.missing = absent - report.dead_letters;
  report.unknown_ids = delivered_.size() - report.delivered;
  return report;
}

Result<EventIdSet> parse_id_counts(std::string_view text) {
  EventIdSet ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t space = line.rfind(' ');
    std::uint32_t count = 0;
    const char* const line_end = line.data() + line.size();
    if (space == std::string_view::npos || space == 0 ||
        std::from_chars(line.data() + space + 1, line_end, count).ptr != line_end || count == 0) {
      return fail(ErrorKind::invalid, fmt::format("\"{}\" is not an id and a count", line.substr(0, 80)));
    }
    const std::string_view id = line.substr(0, space);
    ids.add(id);
    if (count > 1) {
      ids.add(id);  // once or more than once is all that the audit asks
    }
  }
  return ids;
}

std::string to_text(const AuditReport& report) {
  std::string text =
      fmt::format("stored {} \u00b7 delivered {} \u00b7 missing {} \u00b7 duplicate ids {}\ndead letters {}\n",
                  with_thousands(report.stored), with_thousands(report.delivered), with_thousands(report.missing),
                  with_thousands(report.duplicate_ids), with_thousands(report.dead_letters));
  if (report.unknown_ids > 0) {
    text += fmt::format("{} ids were delivered that belong to no stored event\n", with_thousands(report.unknown_ids));
  }
  if (!report.absent_examples.empty()) {
    text += fmt::format("did not arrive, for example: {}\n", fmt::join(report.absent_examples, ", "));
  }
  return text;
}

std::string to_json(const AuditReport& report) {
  return fmt::format(
      R"({{"stored":{},"delivered":{},"missing":{},"duplicateIds":{},"deadLetters":{},"unknownIds":{},"holds":{}}})",
      report.stored, report.delivered, report.missing, report.duplicate_ids, report.dead_letters, report.unknown_ids,
      report.holds());
}

}  // namespace exporter::lab
