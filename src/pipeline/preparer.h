// One stored document -> one event ready to send: decode, transform, id. Runs on the source thread.
//
// What cannot be decoded becomes an `undecodable` event with its reason; it is never dropped here.
// Thread-safety: owned by one thread. The stages given must outlive it.
#pragma once

#include "base/time.h"
#include "decode/decoder.h"
#include "event/health_event.h"
#include "event/prepared_event.h"
#include "event/raw_batch.h"
#include "tracing/event_tracer.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::pipeline {

class Preparer {
 public:
  // `tracer`: null for no traces.
  Preparer(decode::Decoder& decoder, transform::CloudEventWriter& writer, transform::EventIds& ids,
           tracing::EventTracer* tracer = nullptr)
      : decoder_(decoder), writer_(writer), ids_(ids), tracer_(tracer) {}

  [[nodiscard]] event::PreparedEvent prepare(const event::RawChange& change, WallTime now);

 private:
  decode::Decoder& decoder_;
  transform::CloudEventWriter& writer_;
  transform::EventIds& ids_;
  tracing::EventTracer* tracer_;
  event::HealthEvent health_event_;  // reused
  std::string body_;                 // reused, so that each event's own body is allocated once, at its size
};

}  // namespace exporter::pipeline
