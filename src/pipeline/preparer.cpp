#include "pipeline/preparer.h"

#include <utility>

namespace exporter::pipeline {

Preparer::Preparer(decode::Decoder& decoder, transform::CloudEventWriter& writer, transform::EventIds& ids,
                   const std::optional<filter::Program>& wanted, tracing::EventTracer* tracer)
    : decoder_(decoder), writer_(writer), ids_(ids), tracer_(tracer) {
  if (wanted) {
    filter_.emplace(*wanted);
  }
}

event::PreparedEvent Preparer::prepare(const event::RawChange& change, WallTime now) {
  event::PreparedEvent prepared;
  prepared.document_id = change.document_id;
  prepared.after = change.after;
  prepared.created_at = change.created_at;
  if (const auto decoded = decoder_.decode(change.document, health_event_); !decoded) {
    prepared.id = ids_.make(change.document_id);
    prepared.kind = event::PreparedEvent::Kind::undecodable;
    prepared.reason = decoded.error().message;
    return prepared;
  }
  if (filter_ && !wanted()) {
    prepared.kind = event::PreparedEvent::Kind::filtered;
    if (on_filtered_) {
      on_filtered_(prepared.document_id);
    }
    return prepared;
  }
  prepared.id = ids_.make(change.document_id);
  prepared.node = health_event_.node_name;
  if (tracer_ != nullptr) {
    prepared.trace = tracer_->begin(health_event_, prepared.document_id, prepared.id);
  }
  body_.clear();
  writer_.write(health_event_, prepared.id, now, body_);
  prepared.body = body_;
  if (prepared.trace) {
    tracer_->transformed(*prepared.trace);
  }
  return prepared;
}

bool Preparer::wanted() {
  const filter::Verdict verdict = filter_->evaluate(health_event_);
  if (verdict.decision == filter::Decision::failed) {
    ++unjudged_.events;
    unjudged_.error = verdict.error;
    unjudged_.check_name = health_event_.check_name;
  }
  return verdict.decision != filter::Decision::dropped;
}

Preparer::Unjudged Preparer::take_unjudged() { return std::exchange(unjudged_, {}); }

}  // namespace exporter::pipeline
