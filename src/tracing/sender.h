// Who carries spans to the collector: a library of its own, loaded when traces are switched on (docs/adr/0011-traces.md).
//
// Thread-safety: send() from one thread at a time; cancel() from any.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/time.h"
#include "tracing/settings.h"
#include "tracing/span.h"

namespace exporter::tracing {

struct Sent {
  bool ok = false;
  bool again = false;          // not ok, but the same may succeed later
  std::uint64_t rejected = 0;  // spans that the collector did not take, although ok
  std::string error;           // when not ok, or what the collector said; no secrets
};

class Sender {
 public:
  virtual ~Sender() = default;

  // Blocks until the collector answered, at most `patience`.
  virtual Sent send(std::span<const Span> spans, Duration patience) = 0;

  // Ends the send() under way; those after it fail at once.
  virtual void cancel() = 0;
};

// The library's one function, by the name kMakeSender; the caller owns what it returns. Null when `build` is not the one
// that the library was made from: the types above cross the border as they are.
using MakeSender = Sender* (*)(const Settings& settings, const char* build);
inline constexpr const char* kSenderLibrary = "event-exporter-otlp.so";
inline constexpr const char* kMakeSender = "exporter_make_otlp_sender";

}  // namespace exporter::tracing
