// One stored document -> one event ready to send: decode, filter, transform, id. Runs on the source thread.
//
// What cannot be decoded becomes an `undecodable` event with its reason; it is never dropped here. What the filter cannot
// judge is sent.
// Thread-safety: owned by one thread. The stages given must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "decode/decoder.h"
#include "event/health_event.h"
#include "event/prepared_event.h"
#include "event/raw_batch.h"
#include "filter/program.h"
#include "tracing/event_tracer.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::pipeline {

class Preparer {
 public:
  // Without a program every event is wanted. `tracer`: null for no traces.
  Preparer(decode::Decoder& decoder, transform::CloudEventWriter& writer, transform::EventIds& ids,
           const std::optional<filter::Program>& wanted = {}, tracing::EventTracer* tracer = nullptr);

  // Called with the document id of each event that the filter holds back.
  void on_filtered(std::function<void(const std::string& document_id)> handler) { on_filtered_ = std::move(handler); }

  [[nodiscard]] event::PreparedEvent prepare(const event::RawChange& change, WallTime now);

  // What the filter could not judge since it was asked last.
  struct Unjudged {
    std::uint64_t events = 0;
    std::string error;       // of the last one
    std::string check_name;  // of the last one
  };
  [[nodiscard]] Unjudged take_unjudged();

 private:
  [[nodiscard]] bool wanted();  // the event that was decoded last

  decode::Decoder& decoder_;
  transform::CloudEventWriter& writer_;
  transform::EventIds& ids_;
  tracing::EventTracer* tracer_;
  std::optional<filter::Evaluator> filter_;
  std::function<void(const std::string&)> on_filtered_;
  Unjudged unjudged_;
  event::HealthEvent health_event_;  // reused
  std::string body_;                 // reused, so that each event's own body is allocated once, at its size
};

}  // namespace exporter::pipeline
