#include "pipeline/notice_log.h"

#include <string_view>
#include <utility>

#include "observability/log.h"
#include "tracing/ids.h"

namespace exporter::pipeline {

namespace {

struct Line {
  log::Level level;
  std::string_view message;
};

Line line_for(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::attempt_failed:
      return {log::Level::warn, "Publish failed, retrying"};
    case Notice::Kind::exhausted:
      return {log::Level::error, "Publish failed after max retries"};
    case Notice::Kind::refused_waiting:
      return {log::Level::warn, "The sink refuses an event and has accepted no other one lately, so the event waits"};
    case Notice::Kind::set_aside:
      return {log::Level::warn, "An event is set aside as a dead letter"};
    case Notice::Kind::dead_letter_failed:
      return {log::Level::error, "A dead letter could not be stored, trying again"};
    case Notice::Kind::sink_paused:
      return {log::Level::error, "The sink takes no events; only one at a time goes out until it takes one again"};
    case Notice::Kind::sink_recovered:
      return {log::Level::info, "The sink takes events again"};
    case Notice::Kind::backfill_complete:
      break;
  }
  return {log::Level::info, "Backfill complete"};
}

}  // namespace

void NoticeLog::write(const Notice& notice, MonoTime now) {
  const auto [entry, fresh] = seen_.try_emplace(Cause{notice.kind, notice.status, notice.detail});
  Seen& seen = entry->second;
  if (!fresh && now - seen.logged < every_) {
    ++seen.left_out;
    return;
  }
  seen.logged = now;
  const Line line = line_for(notice.kind);
  log::write(line.level, line.message,
             {{"reason", notice.detail},
              {"error", notice.text},
              {"statusCode", notice.status},
              {"attempt", notice.attempt},
              {"maxRetries", max_retries_},
              {"retryIn", notice.delay},
              {"documentId", notice.document_id},
              {"linesLeftOut", std::exchange(seen.left_out, 0)},
              {notice.trace.valid() ? "trace_id" : "", tracing::to_string(notice.trace.trace_id)},
              {notice.trace.valid() ? "span_id" : "", tracing::to_string(notice.trace.span_id)}});
}

}  // namespace exporter::pipeline
