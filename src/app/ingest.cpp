#include "app/ingest.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "app/event_lines.h"
#include "app/stored_document.h"
#include "event/enum_names.h"
#include "transform/time_text.h"

namespace exporter::app {

namespace {

constexpr std::size_t kRowsPerTransaction = 1000;
constexpr std::size_t kBytesPerTransaction = std::size_t{4} << 20;

struct Row {
  std::string node_name;
  std::string event_type;
  std::string severity;
  std::string recommended_action;
  std::string document;
};

std::string action_text(std::int32_t action) {
  const std::string_view name = event::recommended_action_name(action);
  return name.empty() ? std::to_string(action) : std::string(name);
}

class Ingest {
 public:
  Ingest(sqlite::Writer& writer, const Clock& clock) : writer_(writer), clock_(clock) {}

  Result<IngestReport> run(EventLines& lines);

 private:
  Result<void> take(event::HealthEvent& event);
  void reject(std::uint64_t line, std::string reason);
  Result<void> store();

  sqlite::Writer& writer_;
  const Clock& clock_;
  std::vector<Row> rows_;
  std::size_t bytes_ = 0;
  IngestReport report_;
};

void Ingest::reject(std::uint64_t line, std::string reason) {
  ++report_.rejected;
  if (report_.problems.size() < IngestReport::kMaxProblems) {
    report_.problems.push_back({line, std::move(reason)});
  }
}

Result<void> Ingest::take(event::HealthEvent& event) {
  const WallTime now = clock_.wall_now();
  if (!event.generated_timestamp) {
    event.generated_timestamp = transform::timestamp_of(now);
  }
  Row row{std::string(event.node_name),
          std::string(event.check_name),
          std::string(event.component_class),
          action_text(event.recommended_action),
          {}};
  append_stored_document(row.document, event, now);
  bytes_ += row.document.size();
  rows_.push_back(std::move(row));
  return rows_.size() >= kRowsPerTransaction || bytes_ >= kBytesPerTransaction ? store() : Result<void>();
}

Result<void> Ingest::store() {
  std::vector<sqlite::NewDocument> documents;
  documents.reserve(rows_.size());
  for (const Row& row : rows_) {
    documents.push_back({.id = {},
                         .node_name = row.node_name,
                         .event_type = row.event_type,
                         .severity = row.severity,
                         .recommended_action = row.recommended_action,
                         .document = row.document,
                         .created_at = {}});
  }
  if (auto stored = writer_.insert(documents); !stored) {
    return fail(stored.error().with_context(fmt::format("after {} stored events", report_.accepted)));
  }
  report_.accepted += rows_.size();
  rows_.clear();
  bytes_ = 0;
  return {};
}

Result<IngestReport> Ingest::run(EventLines& lines) {
  while (lines.next()) {
    event::HealthEvent& event = lines.event();
    if (!lines.problem()) {
      reject(lines.number(), lines.problem().error().message);
    } else if (event.node_name.empty() || event.check_name.empty()) {
      reject(lines.number(),
             event.node_name.empty() ? "nodeName is missing or empty" : "checkName is missing or empty");
    } else if (auto taken = take(event); !taken) {
      return fail(std::move(taken.error()));
    }
  }
  if (lines.broken()) {
    return fail(ErrorKind::transient, fmt::format("the input broke off after {} stored events", report_.accepted));
  }
  if (auto stored = store(); !stored) {
    return fail(std::move(stored.error()));
  }
  return std::move(report_);
}

}  // namespace

Result<IngestReport> ingest(std::istream& in, sqlite::Writer& writer, decode::Decoder& decoder, const Clock& clock) {
  EventLines lines(in, decoder);
  return Ingest(writer, clock).run(lines);
}

}  // namespace exporter::app
