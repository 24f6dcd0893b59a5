#include "pipeline/preparer.h"

namespace exporter::pipeline {

event::PreparedEvent Preparer::prepare(const event::RawChange& change, WallTime now) {
  event::PreparedEvent prepared;
  prepared.document_id = change.document_id;
  prepared.id = ids_.make(change.document_id);
  prepared.after = change.after;
  if (const auto decoded = decoder_.decode(change.document, health_event_); !decoded) {
    prepared.kind = event::PreparedEvent::Kind::undecodable;
    prepared.reason = decoded.error().message;
    return prepared;
  }
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

}  // namespace exporter::pipeline
