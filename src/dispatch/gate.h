// How many requests the sink may be sent now: all, one to probe with, or none.
//
// While the sink takes events the gate is open. It shuts when nothing is accepted any more and the failures cannot be one
// event's fault: an answer that is the same for every event (404, 403, a redirect), a network that does not carry
// requests, or a run of failures of several events. While it is shut one request at a time probes, soon at first, then
// every few seconds, and the first accepted event opens it. A sink that asks to wait (Retry-After) is left alone until
// then, shut or open. So an outage costs the sink a request now and then, whatever waits, and ends within seconds for us.
// Pure; thread-safety: owned by one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "event/answer.h"

namespace exporter::dispatch {

using event::Ticket;

struct GateOptions {
  Duration first_probe = std::chrono::seconds(1);
  Duration last_probe = std::chrono::seconds(5);  // each wait is twice the last, up to this
  std::uint32_t unreachable = 3;                  // so many transport failures in a row shut it
  std::uint32_t failures = 5;                     // or so many failures in a row, of more than one event,
  Duration quiet = std::chrono::seconds(1);       // over at least this time,
  std::uint32_t burst = 100;                      // or so many, however fast they came
};

class Gate {
 public:
  enum class Pass : std::uint8_t { all, probe, none };
  enum class Cause : std::uint8_t {
    problem,    // the answer would be the same for every event
    transport,  // no answer: connect, TLS, time-out, cut
    sick,       // 408, 429, 5xx
  };

  explicit Gate(GateOptions options = {}) : options_(options) {}

  [[nodiscard]] Pass pass(MonoTime now);
  // The probe that pass() allowed is on its way.
  void probing(Ticket ticket) { probe_ = ticket; }

  // An event was accepted. True: the gate was shut and is open again.
  bool accepted();
  // An attempt failed. True: the gate is shut from now on.
  bool failed(Ticket ticket, Cause cause, MonoTime now);
  // An attempt ended in a way that says nothing about the sink (401, 400).
  void ended(Ticket ticket, MonoTime now);
  // The sink asked to be left alone.
  void hold(MonoTime until);

  [[nodiscard]] bool shut() const { return shut_; }
  // When pass() is to be asked again; kNever when only an answer can change what it says.
  [[nodiscard]] MonoTime next() const;

 private:
  GateOptions options_;
  bool shut_ = false;
  std::optional<Ticket> probe_;  // in flight
  MonoTime probe_at_{};          // when shut
  Duration probe_wait_{};
  std::optional<MonoTime> held_until_;
  // The failures since an event was accepted last.
  std::uint32_t run_ = 0;
  std::uint32_t transport_run_ = 0;
  bool several_events_ = false;
  Ticket first_of_run_{};
  MonoTime run_began_{};
};

}  // namespace exporter::dispatch
