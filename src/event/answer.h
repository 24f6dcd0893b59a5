// What came back for one delivery attempt, as the wire said it. What it means is decided in one place:
// dispatch/error_table.h. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace exporter::event {

// Names one event in flight between its entry into the ledger and its settlement. `generation` tells a reused slot from
// its former owner, so a late answer can never settle another event.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

enum class TransportFailure : std::uint8_t {
  none,      // there is a status
  resolve,   // the host name has no address
  connect,   // refused or unreachable
  tls,       // handshake or verification failed
  timeout,   // the whole exchange took longer than sink.timeout
  reset,     // the connection ended before a whole answer came
  protocol,  // the answer is not HTTP/1.1, or its header is larger than the bound
  closed,    // we are shutting down
};
std::string_view to_string(TransportFailure failure);

struct Answer {
  Ticket ticket;
  TransportFailure failure = TransportFailure::none;
  int status = 0;                          // 100..599 when failure is none, else 0
  std::optional<std::string> retry_after;  // the header's value as sent
  std::optional<std::string> date;         // the Date header's value as sent; only beside retry_after
  std::string excerpt;  // start of the answer's body, or the transport's message; bounded; no secrets
  Duration latency{};   // this attempt alone, from hand-over to the answer's last byte
};

}  // namespace exporter::event
