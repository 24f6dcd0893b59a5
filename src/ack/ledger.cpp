#include "ack/ledger.h"

#include <utility>

namespace exporter::ack {

Ledger::Ledger(event::Mark start) : last_(std::move(start)) {}

Ticket Ledger::open(event::Mark after) {
  std::uint32_t index = free_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_ = slots_[index].next;
  }
  Slot& slot = slots_[index];
  slot.before = std::exchange(last_, std::move(after));
  slot.sequence = entries_++;
  slot.opened = opened_++;
  slot.open = true;
  slot.previous = newest_;
  slot.next = kNone;
  if (newest_ == kNone) {
    oldest_ = index;
  } else {
    slots_[newest_].next = index;
  }
  newest_ = index;
  ++unsettled_;
  return {index, slot.generation};
}

std::size_t Ledger::settled_ahead() const {
  return oldest_ == kNone ? 0 : static_cast<std::size_t>(opened_ - slots_[oldest_].opened) - unsettled_;
}

void Ledger::pass(event::Mark after) {
  ++entries_;
  last_ = std::move(after);
}

bool Ledger::is_open(Ticket ticket) const {
  return ticket.slot < slots_.size() && slots_[ticket.slot].open && slots_[ticket.slot].generation == ticket.generation;
}

bool Ledger::settle(Ticket ticket) {
  if (!is_open(ticket)) {
    return false;
  }
  Slot& slot = slots_[ticket.slot];
  if (slot.previous == kNone) {
    oldest_ = slot.next;
  } else {
    slots_[slot.previous].next = slot.next;
  }
  if (slot.next == kNone) {
    newest_ = slot.previous;
  } else {
    slots_[slot.next].previous = slot.previous;
  }
  slot.open = false;
  ++slot.generation;
  slot.before = {};
  slot.next = std::exchange(free_, ticket.slot);
  --unsettled_;
  return true;
}

const event::Mark& Ledger::committable() const { return oldest_ == kNone ? last_ : slots_[oldest_].before; }

std::optional<Ledger::Ahead> Ledger::ahead(std::size_t most) const {
  std::size_t seen = 0;
  std::size_t length = 0;
  std::uint64_t opened = 0;  // events before the place
  const event::Mark* place = nullptr;
  for (std::uint32_t index = oldest_; index != kNone && seen < most; index = slots_[index].next) {
    ++seen;
    const std::uint32_t next = slots_[index].next;
    const std::uint64_t following = next == kNone ? entries_ : slots_[next].sequence;
    if (following > slots_[index].sequence + 1) {
      length = seen;
      place = next == kNone ? &last_ : &slots_[next].before;
      opened = next == kNone ? opened_ : slots_[next].opened;
    }
  }
  if (place == nullptr) {
    return std::nullopt;
  }
  Ahead found{.mark = *place, .unsettled = {}, .settled = opened - slots_[oldest_].opened - length};
  found.unsettled.reserve(length);
  for (std::uint32_t index = oldest_; found.unsettled.size() < length; index = slots_[index].next) {
    found.unsettled.push_back({index, slots_[index].generation});
  }
  return found;
}

std::optional<Ticket> Ledger::oldest() const {
  if (oldest_ == kNone) {
    return std::nullopt;
  }
  return Ticket{oldest_, slots_[oldest_].generation};
}

}  // namespace exporter::ack
