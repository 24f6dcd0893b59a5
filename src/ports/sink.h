// Where events go: one asynchronous request per delivery.
//
// Thread-safety: everything happens on the reactor's thread.
#pragma once

#include <functional>
#include <string_view>

#include "event/answer.h"

namespace exporter::ports {

struct Delivery {
  event::Ticket ticket;
  // All stay valid and unchanged until the answer is handed over.
  std::string_view body;
  std::string_view bearer_token;      // without "Bearer "
  std::string_view traceparent = {};  // W3C Trace Context; empty: none. A transparent repetition keeps it
};

class Sink {
 public:
  virtual ~Sink() = default;

  // Who gets the answers. Set once, before the first send.
  virtual void on_answer(std::function<void(event::Answer)> handler) = 0;

  // Starts one attempt. Exactly one answer follows for each send, always later (never from inside this call), also
  // after close(). The caller bounds how many are in flight.
  virtual void send(const Delivery& delivery) = 0;

  // Ends all connections; attempts in flight are answered with TransportFailure::closed.
  virtual void close() = 0;
};

}  // namespace exporter::ports
