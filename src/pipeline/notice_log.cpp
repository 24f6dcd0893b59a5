#include "pipeline/notice_log.h"

#include <string_view>

#include "observability/log.h"
#include "tracing/ids.h"

namespace exporter::pipeline {

namespace {

struct Line {
  log::Level level;
  std::string_view message;
  std::string_view action;  // what the reader can do
};

Line line_for(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::attempt_failed:
      return {log::Level::warn, "Publish failed, retrying", "look at the sink if it lasts; the event waits"};
    case Notice::Kind::exhausted:
      return {log::Level::error, "Publish failed after max retries",
              "look at the sink's answer; failure_handling.on_exhausted says what becomes of the event"};
    case Notice::Kind::refused_waiting:
      return {log::Level::warn, "The sink refuses an event and has accepted no other one lately, so the event waits",
              "look at the sink's answer; when it takes others, the event is set aside"};
    case Notice::Kind::set_aside:
      return {log::Level::warn, "An event is set aside as a dead letter",
              "event-exporter dlq show tells about it, dlq replay sends it again"};
    case Notice::Kind::dead_letter_failed:
      return {log::Level::error, "A dead letter could not be stored, trying again",
              "look at the datastore: disk space, rights to write; the event waits"};
    case Notice::Kind::sink_paused:
      return {log::Level::error, "The sink takes no events; only one at a time goes out until it takes one again",
              "look at the sink; events wait in the datastore and none is lost"};
    case Notice::Kind::sink_recovered:
      return {log::Level::info, "The sink takes events again", ""};
    case Notice::Kind::backfill_complete:
      break;
  }
  return {log::Level::info, "Backfill complete", ""};
}

}  // namespace

void log_notice(const Notice& notice, std::uint32_t max_retries) {
  const Line line = line_for(notice.kind);
  // A log that ends with "takes events again" must not be of a sink that does not.
  const bool of_a_pair = notice.kind == Notice::Kind::sink_paused;
  log::write(line.level, line.message,
             {{"reason", notice.detail},
              {"error", notice.text},
              {"statusCode", notice.status},
              {"attempt", notice.attempt},
              {"maxRetries", max_retries},
              {"retryIn", notice.delay},
              {"documentId", notice.document_id},
              {line.action.empty() ? "" : "action", line.action},
              {notice.trace.valid() ? "trace_id" : "", tracing::to_string(notice.trace.trace_id)},
              {notice.trace.valid() ? "span_id" : "", tracing::to_string(notice.trace.span_id)}},
             of_a_pair ? log::Repeats::written : log::Repeats::folded);
}

}  // namespace exporter::pipeline
