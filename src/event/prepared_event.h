// A change on its way to the sink: decoded, transformed, its request body made. What crosses from the source's thread
// to the loop. Thread-safety: plain values.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "event/event_trace.h"
#include "event/position.h"

namespace exporter::event {

using EventId = std::array<std::uint8_t, 16>;  // a UUID's bytes, big-endian as RFC 4122 section 4.1.2 orders them

// Lower-case 8-4-4-4-12 form.
std::string to_string(const EventId& id);

struct PreparedEvent {
  enum class Kind : std::uint8_t {
    deliver,      // `body` is to be sent
    undecodable,  // `reason` says why; to the dead letters
    filtered,     // not wanted: the filter says so; only the position moves
  };
  Kind kind = Kind::deliver;
  std::string document_id;
  EventId id{};
  std::string node;    // the lane
  std::string body;    // the CloudEvent, ready to send
  std::string reason;  // undecodable only
  Mark after;
  WallTime created_at{};                        // see RawChange
  std::unique_ptr<EventTrace> trace = nullptr;  // null: not traced

  // What it costs to hold, in bytes.
  [[nodiscard]] std::size_t weight() const {
    return sizeof(PreparedEvent) + document_id.size() + node.size() + body.size() + reason.size() +
           after.position.token.size() + (trace ? sizeof(EventTrace) + trace->document_id.size() : 0);
  }
};

// When it was committed, as far as is known: zero when not at all.
[[nodiscard]] inline WallTime committed_at(const PreparedEvent& event) {
  return event.created_at != WallTime{} ? event.created_at : event.after.changed_at;
}

struct PreparedBatch {
  std::vector<PreparedEvent> events;
  Mark end;                                   // see RawBatch::end
  MonoTime read_at{};                         // when the source returned it
  std::optional<MonoTime> caught_up_at = {};  // see RawBatch
  // Set on the first batch of a history that is read because the stream's position was lost: how many documents it
  // holds.
  std::optional<std::uint64_t> history_planned;

  // How many of them the filter holds back.
  [[nodiscard]] std::size_t filtered() const {
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const PreparedEvent& event) {
      return event.kind == PreparedEvent::Kind::filtered;
    }));
  }

  [[nodiscard]] std::size_t weight() const {
    std::size_t sum = sizeof(PreparedBatch);
    for (const PreparedEvent& event : events) {
      sum += event.weight();
    }
    return sum;
  }
};

}  // namespace exporter::event
