// Lanes: what may go now, with order kept per node.
//
// Events of one node form a lane. By default one event of a lane is out at a time (in flight or waiting for its retry),
// so a recovery can never overtake its fault, and a retry blocks its own lane only. A lane with more than `relax_after`
// waiting events runs in parallel until it has drained: one node that emits 800,000 XIDs must not take days. Lanes with
// something to send take turns, so a hot node does not starve the others.
// Thread-safety: owned by one thread. Every operation is O(1) amortized.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/answer.h"

namespace exporter::dispatch {

using event::Ticket;

enum class Ordering : std::uint8_t {
  node,    // as above
  strict,  // as above, but a lane never relaxes
  none,    // one lane for all, always parallel
};

struct LanesOptions {
  Ordering ordering = Ordering::node;
  std::size_t relax_after = 10000;  // waiting events of one lane; 0 = never
};

// For people.
struct LaneStatus {
  std::string key;
  std::size_t waiting = 0;  // aside ones too
  std::size_t out = 0;
  bool relaxed = false;
  bool stuck = false;
};

class Lanes {
 public:
  explicit Lanes(LanesOptions options) : options_(options) {}

  // The event joins the end of its lane.
  void add(Ticket ticket, std::string_view lane_key);

  // The next event that may go, or nothing. It is out until finish() or step_aside(), also while it
  // waits for its retry.
  [[nodiscard]] std::optional<Ticket> take();
  // The same, but every second time an event that was never out goes first, also past those of its lane that came back:
  // whichever failed already, another one goes next. (Not every time, because those that failed need their turn as well.)
  [[nodiscard]] std::optional<Ticket> take_fresh();
  // Whether take() would return one.
  [[nodiscard]] bool ready() const { return !resumed_.empty() || !ready_.empty(); }

  // An event that is out is settled: its lane goes on.
  void finish(Ticket ticket);

  // An event that is out failed, and its time has come again: take() returns it before others.
  void resume(Ticket ticket);

  // An event that is out waits without blocking its lane; come_back() ends the wait. For refused events only: the
  // events behind it are what can show whether the sink takes any.
  void step_aside(Ticket ticket);
  // The event is first in its lane again, and goes when the lane is free.
  void come_back(Ticket ticket);

  // Whether an event's lane counts as stuck: what it sends is not taken, though the sink takes others. It is for the
  // caller to say; forgotten when the lane is empty. A lane that runs in parallel never is: its events differ.
  void mark_stuck(Ticket ticket, bool stuck);
  [[nodiscard]] bool is_stuck(Ticket ticket) const { return lanes_[nodes_[ticket.slot].lane].stuck; }

  // The event's lane runs in parallel from now on, as one that is too long does. Nothing when lanes never relax.
  void relax(Ticket ticket);

  // How often a lane was allowed to run in parallel because of its length, or by relax().
  [[nodiscard]] std::uint64_t relaxations() const { return relaxations_; }
  // Lanes with events waiting, out or aside.
  [[nodiscard]] std::size_t active() const { return index_.size(); }
  // At most so many of them, the longest first. O(active()).
  [[nodiscard]] std::vector<LaneStatus> busiest(std::size_t most) const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Lane {
    std::string key;
    std::uint32_t head = kNone;  // waiting events, oldest first
    std::uint32_t tail = kNone;
    std::size_t waiting = 0;
    std::size_t returned = 0;  // of these, the first so many were out and came back
    std::size_t out = 0;
    std::size_t aside = 0;
    bool relaxed = false;
    bool queued = false;  // stands in ready_
    bool stuck = false;
  };
  struct Node {  // per ticket slot
    Ticket ticket;
    std::uint32_t lane = kNone;
    std::uint32_t next = kNone;
  };
  struct KeyHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void relax(Lane& lane);
  std::uint32_t lane_for(std::string_view key);
  std::optional<Ticket> take_resumed();
  // `fresh`: one that was never out, if its lane has one.
  std::optional<Ticket> take_waiting(bool fresh);
  // Puts the lane in line if it may send something now.
  void consider(std::uint32_t lane);
  void retire_if_empty(std::uint32_t lane);

  LanesOptions options_;
  std::vector<Lane> lanes_;
  std::vector<std::uint32_t> free_lanes_;
  std::unordered_map<std::string, std::uint32_t, KeyHash, std::equal_to<>> index_;
  std::vector<Node> nodes_;
  std::deque<std::uint32_t> ready_;  // lanes, in turn
  std::deque<Ticket> resumed_;
  bool fresh_next_ = true;  // whose turn it is in take_fresh()
  std::uint64_t relaxations_ = 0;
};

}  // namespace exporter::dispatch
