#include "dispatch/lanes.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace exporter::dispatch {

std::uint32_t Lanes::lane_for(std::string_view key) {
  if (options_.ordering == Ordering::none) {
    key = {};
  }
  if (const auto found = index_.find(key); found != index_.end()) {
    return found->second;
  }
  std::uint32_t lane = 0;
  if (free_lanes_.empty()) {
    lane = static_cast<std::uint32_t>(lanes_.size());
    lanes_.emplace_back();
  } else {
    lane = free_lanes_.back();
    free_lanes_.pop_back();
  }
  lanes_[lane].key = key;
  lanes_[lane].relaxed = options_.ordering == Ordering::none;
  lanes_[lane].stuck = false;
  index_.emplace(std::string(key), lane);
  return lane;
}

void Lanes::add(Ticket ticket, std::string_view lane_key) {
  const std::uint32_t id = lane_for(lane_key);
  if (nodes_.size() <= ticket.slot) {
    nodes_.resize(ticket.slot + 1);
  }
  nodes_[ticket.slot] = {ticket, id, kNone};
  Lane& lane = lanes_[id];
  if (lane.tail == kNone) {
    lane.head = ticket.slot;
  } else {
    nodes_[lane.tail].next = ticket.slot;
  }
  lane.tail = ticket.slot;
  ++lane.waiting;
  if (lane.waiting > options_.relax_after) {
    relax(lane);
  }
  consider(id);
}

void Lanes::consider(std::uint32_t id) {
  Lane& lane = lanes_[id];
  if (!lane.queued && lane.waiting > 0 && (lane.relaxed || lane.out == 0)) {
    lane.queued = true;
    ready_.push_back(id);
  }
}

std::optional<Ticket> Lanes::take() {
  const auto ticket = take_resumed();
  return ticket ? ticket : take_waiting(false);
}

std::optional<Ticket> Lanes::take_fresh() {
  if (!std::exchange(fresh_next_, !fresh_next_)) {
    return take();
  }
  const auto ticket = take_waiting(true);
  return ticket ? ticket : take_resumed();
}

std::optional<Ticket> Lanes::take_resumed() {
  if (resumed_.empty()) {
    return std::nullopt;
  }
  const Ticket ticket = resumed_.front();
  resumed_.pop_front();
  return ticket;
}

std::optional<Ticket> Lanes::take_waiting(bool fresh) {
  if (ready_.empty()) {
    return std::nullopt;
  }
  const std::uint32_t id = ready_.front();
  ready_.pop_front();
  Lane& lane = lanes_[id];
  lane.queued = false;
  std::uint32_t previous = kNone;
  std::uint32_t slot = lane.head;
  if (fresh && lane.waiting > lane.returned) {
    for (std::size_t i = 0; i < lane.returned; ++i) {
      previous = std::exchange(slot, nodes_[slot].next);
    }
  } else if (lane.returned > 0) {
    --lane.returned;
  }
  const Node& node = nodes_[slot];
  (previous == kNone ? lane.head : nodes_[previous].next) = node.next;
  if (lane.tail == slot) {
    lane.tail = previous;
  }
  --lane.waiting;
  ++lane.out;
  consider(id);
  return node.ticket;
}

void Lanes::finish(Ticket ticket) {
  const std::uint32_t id = nodes_[ticket.slot].lane;
  EXPORTER_CHECK(nodes_[ticket.slot].ticket == ticket && lanes_[id].out > 0, "only an event that is out can finish");
  --lanes_[id].out;
  consider(id);
  retire_if_empty(id);
}

void Lanes::resume(Ticket ticket) { resumed_.push_back(ticket); }

void Lanes::step_aside(Ticket ticket) {
  const std::uint32_t id = nodes_[ticket.slot].lane;
  EXPORTER_CHECK(nodes_[ticket.slot].ticket == ticket && lanes_[id].out > 0,
                 "only an event that is out can step aside");
  --lanes_[id].out;
  ++lanes_[id].aside;
  consider(id);
}

void Lanes::come_back(Ticket ticket) {
  const std::uint32_t id = nodes_[ticket.slot].lane;
  Lane& lane = lanes_[id];
  EXPORTER_CHECK(nodes_[ticket.slot].ticket == ticket && lane.aside > 0, "only an event that is aside can come back");
  --lane.aside;
  nodes_[ticket.slot].next = std::exchange(lane.head, ticket.slot);
  if (lane.tail == kNone) {
    lane.tail = ticket.slot;
  }
  ++lane.waiting;
  ++lane.returned;
  consider(id);
}

void Lanes::relax(Ticket ticket) {
  const std::uint32_t id = nodes_[ticket.slot].lane;
  relax(lanes_[id]);
  consider(id);
}

void Lanes::relax(Lane& lane) {
  if (options_.ordering == Ordering::node && options_.relax_after > 0 && !lane.relaxed) {
    lane.relaxed = true;
    lane.stuck = false;
    ++relaxations_;
  }
}

void Lanes::mark_stuck(Ticket ticket, bool stuck) {
  Lane& lane = lanes_[nodes_[ticket.slot].lane];
  lane.stuck = stuck && !lane.relaxed;
}

std::vector<LaneStatus> Lanes::busiest(std::size_t most) const {
  const auto length = [](const Lane* lane) { return lane->waiting + lane->aside + lane->out; };
  std::vector<const Lane*> longest;
  longest.reserve(index_.size());
  for (const auto& [key, id] : index_) {
    longest.push_back(&lanes_[id]);
  }
  const auto end = longest.begin() + static_cast<std::ptrdiff_t>(std::min(most, longest.size()));
  std::partial_sort(longest.begin(), end, longest.end(), [&](const Lane* one, const Lane* other) {
    return std::pair(length(other), std::string_view(one->key)) < std::pair(length(one), std::string_view(other->key));
  });
  std::vector<LaneStatus> found;
  for (auto lane = longest.begin(); lane != end; ++lane) {
    found.push_back({.key = (*lane)->key,
                     .waiting = (*lane)->waiting + (*lane)->aside,
                     .out = (*lane)->out,
                     .relaxed = (*lane)->relaxed,
                     .stuck = (*lane)->stuck});
  }
  return found;
}

void Lanes::retire_if_empty(std::uint32_t id) {
  Lane& lane = lanes_[id];
  if (lane.waiting > 0 || lane.out > 0 || lane.aside > 0) {
    return;
  }
  index_.erase(index_.find(lane.key));
  free_lanes_.push_back(id);
}

}  // namespace exporter::dispatch
