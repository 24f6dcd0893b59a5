// A queue between two threads, bounded by the weight of what it holds.
//
// Bytes are the bound, not items, because bytes are what runs out. An item heavier than the whole bound still passes:
// it waits until the queue is empty and then goes in alone, so progress is always possible.
// Thread-safety: internally synchronized. Made for one producer that may block and one consumer that must not.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/mutex.h"

namespace exporter {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t max_weight) : max_weight_(max_weight) {}

  // Blocks while there is no room. False, and `item` untouched, if a stop was requested first.
  bool push(T&& item, std::size_t weight, std::stop_token stop) {
    MutexLock lock(mutex_);
    const bool room = has_room_.wait(
        lock, stop, [&]() EXPORTER_REQUIRES(mutex_) { return items_.empty() || weight_ + weight <= max_weight_; });
    if (!room || stop.stop_requested()) {
      return false;
    }
    weight_ += weight;
    items_.emplace_back(std::move(item), weight);
    return true;
  }

  // The oldest item, or nothing. Never blocks.
  std::optional<T> try_pop() {
    std::optional<T> item;
    {
      MutexLock lock(mutex_);
      if (items_.empty()) {
        return std::nullopt;
      }
      item.emplace(std::move(items_.front().first));
      weight_ -= items_.front().second;
      items_.pop_front();
    }
    has_room_.notify_one();
    return item;
  }

  [[nodiscard]] std::size_t weight() const {
    MutexLock lock(mutex_);
    return weight_;
  }

 private:
  const std::size_t max_weight_;
  mutable Mutex mutex_;
  std::condition_variable_any has_room_;
  std::deque<std::pair<T, std::size_t>> items_ EXPORTER_GUARDED_BY(mutex_);
  std::size_t weight_ EXPORTER_GUARDED_BY(mutex_) = 0;
};

}  // namespace exporter
