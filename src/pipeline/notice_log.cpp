#include "pipeline/notice_log.h"

#include <utility>

#include "observability/log.h"

namespace exporter::pipeline {

void NoticeLog::write(const Notice& notice, MonoTime now) {
  const auto [entry, fresh] = seen_.try_emplace(Cause{notice.kind, notice.status, notice.detail});
  Seen& seen = entry->second;
  if (!fresh && now - seen.logged < every_) {
    ++seen.left_out;
    return;
  }
  seen.logged = now;
  const std::uint64_t left_out = std::exchange(seen.left_out, 0);
  switch (notice.kind) {
    case Notice::Kind::attempt_failed:
      log::warn("Publish failed, retrying", {{"error", notice.detail},
                                             {"statusCode", notice.status},
                                             {"attempt", notice.attempt},
                                             {"maxRetries", max_retries_},
                                             {"retryIn", notice.delay},
                                             {"documentId", notice.document_id},
                                             {"alsoFailed", left_out}});
      return;
    case Notice::Kind::exhausted:
      log::error("Publish failed after max retries, going on at the longest delay", {{"error", notice.detail},
                                                                                     {"statusCode", notice.status},
                                                                                     {"attempt", notice.attempt},
                                                                                     {"maxRetries", max_retries_},
                                                                                     {"retryIn", notice.delay},
                                                                                     {"documentId", notice.document_id},
                                                                                     {"alsoFailed", left_out}});
      return;
    case Notice::Kind::refused_waiting:
      log::warn("The sink refuses an event and has accepted no other one lately, so the event waits",
                {{"error", notice.detail},
                 {"statusCode", notice.status},
                 {"attempt", notice.attempt},
                 {"retryIn", notice.delay},
                 {"documentId", notice.document_id},
                 {"alsoFailed", left_out}});
      return;
    case Notice::Kind::set_aside:
      log::warn("An event is set aside as a dead letter", {{"reason", notice.detail},
                                                           {"error", notice.text},
                                                           {"statusCode", notice.status},
                                                           {"attempt", notice.attempt},
                                                           {"documentId", notice.document_id},
                                                           {"alsoSetAside", left_out}});
      return;
    case Notice::Kind::dead_letter_failed:
      log::error("A dead letter could not be stored, trying again",
                 {{"retryIn", notice.delay}, {"documentId", notice.document_id}, {"alsoFailed", left_out}});
      return;
    case Notice::Kind::backfill_complete:
      return;  // the pipeline reports it with its duration
  }
}

}  // namespace exporter::pipeline
