// The ledger: up to which position is everything settled?
//
// Many requests are in flight at once and finish in any order, but only one position is saved. An event enters with the
// mark that holds once it and everything before it is settled. The ledger keeps the UNSETTLED events only, in order of
// entry, each with the mark that held before it: the position safe to save is the one before the oldest unsettled
// event, or the newest mark when nothing is unsettled. So the memory grows with what is unsettled, never with what was
// settled behind one stuck event, and every operation is O(1).
//
// Rejected: one flag per event from the oldest unsettled on; a stuck event with the documented retry time at 1,000
// events/s would hold three million flags and positions. See docs/adr/0002.
// Thread-safety: owned by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "event/answer.h"
#include "event/position.h"

namespace exporter::ack {

using event::Ticket;

class Ledger {
 public:
  // `start`: where reading began; committable until the first event is settled.
  explicit Ledger(event::Mark start);

  // An event that is not settled yet. The ticket names it until settle().
  [[nodiscard]] Ticket open(event::Mark after);

  // Something that needs no delivery: a skipped change, an idle advance. Settled on entry.
  void pass(event::Mark after);

  // The event is done with: delivered, or durably set aside. False when the ticket is not open (settled before, or a
  // slot's former owner): forgetting and repeating can never look like a delivery.
  bool settle(Ticket ticket);

  [[nodiscard]] bool is_open(Ticket ticket) const;

  // Everything up to here is settled.
  [[nodiscard]] const event::Mark& committable() const;

  // The event that holds the position back; nothing when all is settled.
  [[nodiscard]] std::optional<Ticket> oldest() const;

  // The furthest place, behind one of the `most` oldest unsettled events, up to which those events alone are unsettled;
  // nothing when that is no further than committable(). O(most).
  struct Ahead {
    event::Mark mark;
    std::vector<Ticket> unsettled;  // in order of entry
    std::uint64_t settled = 0;      // events before the mark that are settled, though the oldest one is not
  };
  [[nodiscard]] std::optional<Ahead> ahead(std::size_t most) const;

  [[nodiscard]] std::size_t unsettled() const { return unsettled_; }

  // Events that are settled behind the oldest one that is not.
  [[nodiscard]] std::size_t settled_ahead() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Slot {
    event::Mark before;
    std::uint64_t sequence = 0;  // of entry; the next one's is higher by one, unless something between them is settled
    std::uint64_t opened = 0;    // events before it, so far
    std::uint32_t generation = 0;
    std::uint32_t previous = kNone;  // in order of entry
    std::uint32_t next = kNone;      // in order of entry; the free list's link when not open
    bool open = false;
  };

  std::vector<Slot> slots_;
  std::uint32_t free_ = kNone;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  std::size_t unsettled_ = 0;
  std::uint64_t entries_ = 0;  // so far, settled ones included: the next one's sequence
  std::uint64_t opened_ = 0;   // events so far
  event::Mark last_;           // the mark after the newest entry
};

}  // namespace exporter::ack
