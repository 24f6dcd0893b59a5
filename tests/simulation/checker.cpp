#include "simulation/checker.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

Checker::Checker(const Options& options, const Datastore& store, const Sink& sink, Coverage& coverage,
                 Violation& violation)
    : options_(options),
      store_(store),
      sink_(sink),
      coverage_(coverage),
      violation_(violation),
      newest_of_node_(options.nodes + 1) {}

Checker::State& Checker::state(const Document& document) {
  if (states_.size() < document.seq) {
    states_.resize(document.seq);
  }
  return states_[document.seq - 1];
}

void Checker::first_started(const ports::Checkpoint& first) {
  ordered_from_ = std::stoull(first.position.token);
  const bool history = first.backfill.state == ports::Backfill::State::running;
  const Cursor cursor = history ? parse_cursor(first.backfill.cursor) : Cursor{};
  for (const Document& document : store_.documents()) {
    state(document).out_of_scope = document.seq <= ordered_from_;
  }
  std::uint64_t stored = 0;
  std::uint64_t planned = 0;
  for (const std::size_t index : store_.history()) {
    const Document& document = store_.documents()[index];
    stored += document.seq <= ordered_from_ ? 1 : 0;
    if (history && document.seq <= cursor.until && cursor.before(document)) {
      ++planned;
      state(document).out_of_scope = false;
    }
  }
  if (history && planned != std::min(stored, options_.max_events)) {
    violation_.broken(
        fmt::format("the history holds {} of {} documents, max_events {}", planned, stored, options_.max_events));
  }
}

bool Checker::done_with(const Document& document) {
  if (document.unwanted || state(document).out_of_scope || sink_.accepted(document) > 0 ||
      store_.dead_letters.contains(document.id)) {
    return true;
  }
  // Retention took it where alone it was looked for: nobody can deliver it.
  return document.deleted && document.seq <= ordered_from_;
}

bool Checker::some_stay() const {
  return options_.waits_for_ever() && std::ranges::any_of(store_.documents(), [](const Document& document) {
           return document.stuck || document.refusal != 0;
         });
}

bool Checker::stays(const Document& document) const {
  if (!options_.waits_for_ever()) {
    return false;
  }
  const auto never_taken = [&](const Document& other) {
    // Also one from before the first start, which healing may have brought in.
    return other.node == document.node && (other.stuck || other.refusal != 0) &&
           !store_.dead_letters.contains(other.id);
  };
  return std::ranges::any_of(store_.documents(), never_taken);
}

std::uint64_t Checker::oldest_undone() {
  const auto& documents = store_.documents();
  while (undone_ <= documents.size() && done_with(documents[undone_ - 1])) {
    ++undone_;
  }
  return undone_;
}

std::uint64_t Checker::oldest_missing() {
  const auto& documents = store_.documents();
  while (missing_ <= documents.size() && (done_with(documents[missing_ - 1]) || stays(documents[missing_ - 1]))) {
    ++missing_;
  }
  return missing_ <= documents.size() ? missing_ : 0;
}

void Checker::saved(const ports::Checkpoint& checkpoint) {
  const std::uint64_t position = std::stoull(checkpoint.position.token);
  if (position < highest_position_) {
    violation_.broken(fmt::format("the saved position moved back from {} to {}", highest_position_, position));
  }
  highest_position_ = std::max(highest_position_, position);
  if (checkpoint.backfill.state == ports::Backfill::State::running) {
    const Cursor cursor = parse_cursor(checkpoint.backfill.cursor);
    // While a history is read, all that lies before its cursor is done with; the rest of it will be read again.
    for (const std::size_t index : store_.history()) {
      const Document& document = store_.documents()[index];
      if (cursor.before(document)) {
        break;
      }
      if (document.seq <= cursor.until && !done_with(document)) {
        violation_.broken(fmt::format("the saved cursor passed {} which is not done with", document.id));
      }
    }
    return;
  }
  if (oldest_undone() <= position) {
    violation_.broken(fmt::format("the saved position {} passed {} which is not done with", position,
                                  store_.documents()[oldest_undone() - 1].id));
  }
  if (!checkpoint.ahead) {
    return;
  }
  const std::uint64_t ahead = std::stoull(checkpoint.ahead->position.token);
  const std::set<std::string, std::less<>> pending(checkpoint.ahead->pending.begin(), checkpoint.ahead->pending.end());
  for (std::uint64_t seq = oldest_undone(); seq <= ahead; ++seq) {
    const Document& document = store_.documents()[seq - 1];
    if (!done_with(document) && !pending.contains(document.id)) {
      violation_.broken(fmt::format("the place {} ahead passed {}, neither done with nor pending", ahead, document.id));
    }
  }
}

void Checker::history_read_again() {
  repeats_ = true;
  ordered_from_ = store_.documents().size();
}

void Checker::accepted(const Document* document) {
  if (document == nullptr) {
    violation_.broken("the sink was sent an event with an unknown id");
    return;
  }
  const State& known = state(*document);
  if (sink_.accepted(*document) > 1) {
    if (!repeats_ && !known.repeats) {
      violation_.broken(fmt::format("the sink was sent {} again though nothing was lost", document->id));
    }
    return;
  }
  if (options_.ordering == dispatch::Ordering::none || document->seq <= ordered_from_) {
    return;  // history comes in the order of creation
  }
  std::uint64_t& newest = newest_of_node_[document->node];
  if (document->seq < newest && !known.unordered) {
    violation_.broken(
        fmt::format("{} of node-{} was accepted for the first time after a later one", document->id, document->node));
  }
  newest = std::max(newest, document->seq);
}

bool Checker::complete(const std::optional<ports::Checkpoint>& checkpoint) {
  if (oldest_missing() != 0 || !checkpoint) {
    return false;
  }
  if (some_stay()) {
    return true;  // they keep the position, even those that are out of scope or deleted since they were read
  }
  return checkpoint->backfill.state != ports::Backfill::State::running &&
         std::stoull(checkpoint->position.token) + 1 >= oldest_undone();
}

void Checker::finished(const std::optional<ports::Checkpoint>& checkpoint, std::size_t unsettled) {
  if (const std::uint64_t missing = oldest_missing()) {
    violation_.broken(fmt::format("{} was never delivered", store_.documents()[missing - 1].id));
  }
  if (!complete(checkpoint)) {
    violation_.broken(fmt::format("the saved position is {}, the oldest that is not done with {}",
                                  checkpoint ? checkpoint->position.token : "none", oldest_undone()));
  }
  for (const Document& document : store_.documents()) {
    if (document.deleted && !document.unwanted && !state(document).out_of_scope && sink_.accepted(document) == 0) {
      coverage_.hit("retention: what was not settled");
    }
  }
  if (oldest_undone() <= store_.documents().size()) {
    coverage_.hit("end: with stuck events");
  } else if (unsettled > 0 && !some_stay()) {
    violation_.broken(fmt::format("{} events are still unsettled in a world that is well", unsettled));
  }
}

}  // namespace exporter::simulation
