#include "simulation/checker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

Checker::Checker(const Options& options, const Datastore& store, const Sink& sink)
    : options_(options),
      store_(store),
      sink_(sink),
      ids_(transform::EventIds::Mode::stable, "simulated/world/events/") {}

std::string Checker::event_id_of(const std::string& document_id) {
  auto [entry, fresh] = id_of_.try_emplace(document_id);
  if (fresh) {
    entry->second = event::to_string(ids_.make(document_id));
  }
  return entry->second;
}

void Checker::broken(std::string what) {
  if (!violation_) {
    violation_ = std::move(what);
  }
}

void Checker::first_started(const ports::Checkpoint& first) {
  stream_from_ = std::stoull(first.position.token);
  std::set<std::string> planned;
  if (first.backfill.state == ports::Backfill::State::running) {
    const Cursor cursor = parse_cursor(first.backfill.cursor);
    for (const Document* document : store_.by_creation(WallTime::min(), cursor.until)) {
      if (std::pair(document->created_at, document->id) > std::pair(cursor.created_at, cursor.id)) {
        planned.insert(document->id);
      }
    }
    const std::uint64_t stored = store_.by_creation(WallTime::min(), stream_from_).size();
    if (planned.size() != std::min<std::uint64_t>(stored, options_.max_events)) {
      broken(fmt::format("the history holds {} of {} documents, max_events {}", planned.size(), stored,
                         options_.max_events));
    }
  }
  for (const Document& document : store_.documents()) {
    if (document.seq <= stream_from_ && !planned.contains(document.id)) {
      out_of_scope_.insert(document.id);
    }
  }
}

bool Checker::done_with(const Document& document) {
  return out_of_scope_.contains(document.id) || sink_.accepted.contains(event_id_of(document.id)) ||
         store_.dead_letters.contains(document.id);
}

void Checker::saved(const ports::Checkpoint& checkpoint) {
  const std::uint64_t position = std::stoull(checkpoint.position.token);
  if (position < highest_position_) {
    broken(fmt::format("the saved position moved back from {} to {}", highest_position_, position));
  }
  highest_position_ = std::max(highest_position_, position);
  if (checkpoint.backfill.state == ports::Backfill::State::running) {
    const Cursor cursor = parse_cursor(checkpoint.backfill.cursor);
    // While a history is read, all that lies before its cursor is done with; the rest of it will be read again.
    for (const Document* document : store_.by_creation(WallTime::min(), cursor.until)) {
      if (std::pair(document->created_at, document->id) <= std::pair(cursor.created_at, cursor.id) &&
          !done_with(*document)) {
        broken(fmt::format("the saved cursor passed {} which is not done with", document->id));
      }
    }
    return;
  }
  std::uint64_t ahead = position;
  std::set<std::string> pending;
  if (checkpoint.ahead) {
    ahead = std::stoull(checkpoint.ahead->position.token);
    pending.insert(checkpoint.ahead->pending.begin(), checkpoint.ahead->pending.end());
  }
  for (const Document& document : store_.documents()) {
    if (document.seq <= position && !done_with(document)) {
      broken(fmt::format("the saved position {} passed {} which is not done with", position, document.id));
    }
    if (document.seq <= ahead && !pending.contains(document.id) && !done_with(document)) {
      broken(fmt::format("the place {} ahead passed {} which is neither done with nor pending", ahead, document.id));
    }
  }
}

void Checker::accepted(const std::string& event_id) {
  if (by_id_.size() != store_.documents().size()) {
    by_id_.clear();
    for (const Document& document : store_.documents()) {
      by_id_[event_id_of(document.id)] = &document;
    }
  }
  const auto found = by_id_.find(event_id);
  if (found == by_id_.end()) {
    broken(fmt::format("the sink was sent an event with the unknown id {}", event_id));
    return;
  }
  const Document& document = *found->second;
  if (!seen_.insert(document.id).second || !ordered_ || document.seq <= stream_from_) {
    return;  // a repeat, or history, whose order is that of creation
  }
  std::uint64_t& newest = newest_of_node_[document.node];
  if (document.seq < newest) {
    broken(fmt::format("{} of {} was accepted for the first time after a later one", document.id, document.node));
  }
  newest = std::max(newest, document.seq);
}

void Checker::dead_lettered(const ports::DeadLetter& letter) {
  const Document* document = store_.find(letter.document_id);
  if (document == nullptr || (!document->undecodable && !document->poison)) {
    broken(fmt::format("{} was set aside ({}) though nothing is wrong with it", letter.document_id, letter.reason));
  }
}

void Checker::in_flight(std::size_t requests, const std::map<std::string, int>& by_node) {
  if (requests > options_.workers) {
    broken(fmt::format("{} requests in flight, {} workers", requests, options_.workers));
  }
  for (const auto& [node, count] : by_node) {
    if (count > 1) {
      broken(fmt::format("{} requests in flight for {}", count, node));
    }
  }
}

void Checker::finished(const std::optional<ports::Checkpoint>& checkpoint, std::size_t unsettled) {
  for (const Document& document : store_.documents()) {
    if (!done_with(document)) {
      broken(fmt::format("{} was never delivered", document.id));
    }
  }
  if (unsettled > 0) {
    broken(fmt::format("{} events are still unsettled in a world that is well", unsettled));
  }
  if (!checkpoint || checkpoint->position.token != std::to_string(store_.documents().size())) {
    broken(fmt::format("the saved position is {}, the newest document {}",
                       checkpoint ? checkpoint->position.token : "none", store_.documents().size()));
  }
}

}  // namespace exporter::simulation
