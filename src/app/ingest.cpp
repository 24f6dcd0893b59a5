#include "app/ingest.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <limits>
#include <string_view>
#include <utility>

#include "app/stored_document.h"
#include "event/enum_names.h"
#include "event/raw_batch.h"
#include "transform/time_text.h"

namespace exporter::app {

namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 20;
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
  Ingest(sqlite::Writer& writer, decode::Decoder& decoder, const Clock& clock)
      : writer_(writer), decoder_(decoder), clock_(clock) {
    buffer_.reserve(kMaxLine + kWrapping + event::RawBatch::kPadding);
  }

  Result<IngestReport> run(std::istream& in);

 private:
  static constexpr std::string_view kBefore = "{\"healthevent\":";
  static constexpr std::size_t kWrapping = kBefore.size() + 1;

  Result<void> take(std::uint64_t line, std::string_view text);
  Result<void> read_event(std::string_view text);
  void reject(std::uint64_t line, std::string reason);
  Result<void> store();

  sqlite::Writer& writer_;
  decode::Decoder& decoder_;
  const Clock& clock_;
  simdjson::dom::parser parser_;
  std::string buffer_;
  event::HealthEvent event_;
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

// Into event_. The decoder reads whole documents, so the line becomes the inside of one; that it is one JSON object and
// not the middle of two is seen to first. Errors: rejected.
Result<void> Ingest::read_event(std::string_view text) {
  buffer_.assign(text);
  simdjson::dom::element value;
  if (const auto error = parser_.parse(buffer_.data(), buffer_.size()).get(value); error != simdjson::SUCCESS) {
    return fail(ErrorKind::rejected, fmt::format("not valid JSON: {}", simdjson::error_message(error)));
  }
  if (!value.is_object()) {
    return fail(ErrorKind::rejected, "must be a JSON object");
  }
  buffer_.assign(kBefore).append(text).append(1, '}');
  buffer_.reserve(buffer_.size() + event::RawBatch::kPadding);
  if (auto decoded = decoder_.decode(buffer_, event_); !decoded) {
    return decoded;
  }
  if (event_.node_name.empty() || event_.check_name.empty()) {
    return fail(ErrorKind::rejected,
                event_.node_name.empty() ? "nodeName is missing or empty" : "checkName is missing or empty");
  }
  return {};
}

Result<void> Ingest::take(std::uint64_t line, std::string_view text) {
  if (auto read = read_event(text); !read) {
    reject(line, std::move(read.error().message));
    return {};
  }
  const WallTime now = clock_.wall_now();
  if (!event_.generated_timestamp) {
    event_.generated_timestamp = transform::timestamp_of(now);
  }
  Row row{std::string(event_.node_name),
          std::string(event_.check_name),
          std::string(event_.component_class),
          action_text(event_.recommended_action),
          {}};
  append_stored_document(row.document, event_, now);
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

Result<IngestReport> Ingest::run(std::istream& in) {
  std::string buffer(kMaxLine + 1, '\0');  // getline needs room for a zero at the end
  for (std::uint64_t line = 1; in.good(); ++line) {
    in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    auto length = static_cast<std::size_t>(in.gcount());
    if (in.fail() && length == buffer.size() - 1) {
      in.clear();
      in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      reject(line, "longer than 1 MiB");
      continue;
    }
    length -= in.good() && length > 0 ? 1U : 0U;  // the line end counts unless the input ended without one
    const std::string_view text(buffer.data(), length);
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (auto taken = take(line, text); !taken) {
      return fail(std::move(taken.error()));
    }
  }
  if (in.bad()) {
    return fail(ErrorKind::transient, fmt::format("the input broke off after {} stored events", report_.accepted));
  }
  if (auto stored = store(); !stored) {
    return fail(std::move(stored.error()));
  }
  return std::move(report_);
}

}  // namespace

Result<IngestReport> ingest(std::istream& in, sqlite::Writer& writer, decode::Decoder& decoder, const Clock& clock) {
  return Ingest(writer, decoder, clock).run(in);
}

}  // namespace exporter::app
