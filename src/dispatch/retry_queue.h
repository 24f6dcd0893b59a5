// What goes when: events waiting for their next attempt, soonest first.
//
// Thread-safety: owned by one thread. O(log n) an operation.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "base/time.h"
#include "event/answer.h"

namespace exporter::dispatch {

class RetryQueue {
 public:
  void add(event::Ticket ticket, MonoTime due) { entries_.push({due, next_++, ticket}); }

  // An event whose time has come, or nothing. Among equals the one added first.
  [[nodiscard]] std::optional<event::Ticket> pop_due(MonoTime now) {
    if (entries_.empty() || entries_.top().due > now) {
      return std::nullopt;
    }
    const event::Ticket ticket = entries_.top().ticket;
    entries_.pop();
    return ticket;
  }

  // The one that is due first, whenever that is, or nothing.
  [[nodiscard]] std::optional<event::Ticket> pop_first() { return pop_due(kNever); }

  // Gives each that waits the time that `due()` says for it, in the order in which they were due.
  template <class Due>
  void reschedule(Due due) {
    auto waiting = std::exchange(entries_, {});
    for (; !waiting.empty(); waiting.pop()) {
      add(waiting.top().ticket, due());
    }
  }

  // When the next one is due; kNever when none waits.
  [[nodiscard]] MonoTime next_due() const { return entries_.empty() ? kNever : entries_.top().due; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    MonoTime due;
    std::uint64_t order;
    event::Ticket ticket;
    bool operator>(const Entry& other) const { return due != other.due ? due > other.due : order > other.order; }
  };
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
  std::uint64_t next_ = 0;
};

}  // namespace exporter::dispatch
