// What the reference sink has seen: the facts behind /audit, against which an exporter's promises are judged.
//
// Only accepted events count as delivered. Order is judged by the sequence number that the generator gives each node's
// events: the first delivery of an event below one already delivered for that node is a violation; a repeat is not, it
// is a duplicate. Memory: about 48 bytes an event, one entry a node, ten minutes of rates. Thread-safety: one thread at
// a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "lab/event_id_set.h"

namespace exporter::lab {

// One accepted event, as far as the ledger wants to know it.
struct Delivery {
  std::string_view id;
  std::string_view node;
  std::optional<std::int64_t> sequence;  // metadata `seq`
  std::optional<std::int64_t> made_ns;   // metadata `madeNs`: when it was stored, nanoseconds since 1970
};

class DeliveryLedger {
 public:
  void record(const Delivery& delivery, WallTime now);
  // One request to the event endpoint was answered with `status` (0: cut off without an answer).
  void answered(int status);
  void saw_in_flight(std::size_t requests);
  void token_requested(bool given);
  // Forgets everything.
  void clear();

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t order_violations() const { return order_violations_; }
  [[nodiscard]] std::uint64_t token_requests() const { return token_requests_; }
  [[nodiscard]] const EventIdSet& ids() const { return ids_; }
  [[nodiscard]] const Histogram<5>& latency() const { return latency_; }

  // The audit page, one JSON object.
  [[nodiscard]] std::string to_json() const;

 private:
  // The text of a map's key is looked up without making a string of it.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void count_second(WallTime now);

  EventIdSet ids_;
  std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>> newest_sequence_;
  std::map<int, std::uint64_t> answers_;
  Histogram<5> latency_;
  std::uint64_t received_ = 0;
  std::uint64_t order_violations_ = 0;
  std::uint64_t token_requests_ = 0;
  std::uint64_t tokens_given_ = 0;
  std::size_t max_in_flight_ = 0;
  WallTime first_{};
  WallTime last_{};
  std::vector<std::uint32_t> per_second_;  // from the second of `first_` on, at most ten minutes
};

}  // namespace exporter::lab
