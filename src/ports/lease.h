// The lease: which of several exporters with the same progress may send and save.
//
// One record beside the progress, with three fields:
//
//   holder  who has it; empty when it was given back
//   epoch   grows by one with each take-over, and with nothing else: what a checkpoint is fenced by
//   beat    grows with each renewal: that it stands still is all that others see of a dead holder
//
// There is no time in it, because clocks of two machines differ. No record at all is a lease that nobody ever had.
// Every write but the first is conditional on what is stored; one that finds something else changes nothing, and that
// is an ordinary answer (false), not an error. When to ask for what is decided by checkpoint/leadership.h.
//
// Thread-safety: used by one thread at a time. Calls block for at most the datastore's own command deadline. An error
// says nothing about whether the write was done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace exporter::ports {

struct LeaseRecord {
  std::string holder;
  std::uint64_t epoch = 0;
  std::uint64_t beat = 0;
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

// One tenure of one holder. A holder's text is of one process, so a tenure is told from every other one, also after the
// record was removed and the epochs began anew.
struct Fence {
  std::string holder;
  std::uint64_t epoch = 0;
  friend bool operator==(const Fence&, const Fence&) = default;
};

class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  // Errors of all four: transient; corrupt when something is stored that cannot be understood.
  virtual Result<std::optional<LeaseRecord>> read() = 0;

  // Writes {holder, seen's epoch + 1, 0}, if the record is still as `seen`; nothing seen: {holder, 1, 0}, if there
  // still is none. `seen` is what read() of this object, or of another one, answered; this one has read too.
  virtual Result<bool> take(const std::optional<LeaseRecord>& seen, const std::string& holder) = 0;

  // Moves the beat on, if the tenure is still this one. A record that somebody removed is made again, lest the progress
  // that went with it be taken for a first start by the next one to look.
  virtual Result<bool> renew(const Fence& tenure) = 0;

  // Gives the lease back, if the tenure is still this one: clears the holder and keeps the epoch.
  virtual Result<bool> release(const Fence& tenure) = 0;
};

}  // namespace exporter::ports
