#include "simulation/world.h"

#include <algorithm>
#include <utility>

namespace exporter::simulation {

void Scheduler::at(MonoTime when, std::function<void()> what) {
  entries_.push_back({std::max(when, clock_.now()), next_++, std::move(what)});
  std::ranges::push_heap(entries_, std::greater<>());
}

bool Scheduler::step(MonoTime until) {
  if (entries_.empty() || entries_.front().when > until) {
    clock_.set(until);
    return false;
  }
  std::ranges::pop_heap(entries_, std::greater<>());
  const Entry entry = std::move(entries_.back());
  entries_.pop_back();
  clock_.set(entry.when);
  entry.what();
  return true;
}

}  // namespace exporter::simulation
