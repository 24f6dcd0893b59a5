// Health events as JSON lines, one a line, with the field names of NVSentinel's HealthEvent message in any letter case.
//
// The decoder that the exporter itself uses reads them, so what is taken here can be exported. Unknown fields are passed
// over, as newer messages have them. Thread-safety: none.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "base/error.h"
#include "decode/decoder.h"
#include "event/health_event.h"

namespace exporter::app {

class EventLines {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{1} << 20;

  enum class Accepts {
    events,                // {"nodeName": ...}
    events_and_documents,  // also stored documents: {"healthevent": {...}, ...}
  };

  // Both must outlive this.
  EventLines(std::istream& in, decode::Decoder& decoder, Accepts accepts = Accepts::events);
  ~EventLines();
  EventLines(const EventLines&) = delete;
  EventLines& operator=(const EventLines&) = delete;

  // Reads the next line that is not blank. False at the end of the input, and when it cannot be read: see broken().
  [[nodiscard]] bool next();

  // Of the line that next() has read. `number` counts from 1; `event` is valid until the next call, if there is no
  // problem, and its text with it.
  [[nodiscard]] std::uint64_t number() const;
  [[nodiscard]] const Result<void>& problem() const;  // rejected, with the reason
  [[nodiscard]] event::HealthEvent& event();

  // Whether the input broke off.
  [[nodiscard]] bool broken() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::app
