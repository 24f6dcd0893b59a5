#include "simulation/world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

void Scheduler::at(MonoTime when, std::function<void()> what) {
  entries_.push({std::max(when, clock_.now()), next_++, std::move(what)});
}

bool Scheduler::step(MonoTime until) {
  if (entries_.empty() || entries_.top().when > until) {
    clock_.set(until);
    return false;
  }
  const Entry entry = entries_.top();
  entries_.pop();
  clock_.set(entry.when);
  entry.what();
  return true;
}

Datastore::Datastore(const Options& options, Random& random, SimClock& clock)
    : options_(options), random_(random), clock_(clock) {}

void Datastore::insert() {
  Document made;
  made.seq = documents_.size() + 1;
  made.id = fmt::format("doc-{:06}", made.seq);
  made.node = fmt::format("node-{}", random_.below(options_.nodes));
  // The writer's clock is not ours, and not in the order of commits.
  made.changed_at = clock_.true_time();
  made.created_at = made.changed_at + random_.between(std::chrono::seconds(-20), std::chrono::seconds(20));
  made.undecodable = random_.chance(options_.undecodable);
  made.poison = !made.undecodable && random_.chance(options_.poison);
  made.text = made.undecodable ? R"({"healthevent":7})"
                               : fmt::format(R"({{"healthevent":{{"version":1,"checkName":"c","nodeName":"{}",)"
                                             R"("generatedTimestamp":{{"seconds":{}}}}}}})",
                                             made.node, made.seq);
  index_[made.id] = documents_.size();
  documents_.push_back(std::move(made));
}

void Datastore::trim() { trimmed_ = documents_.size(); }

const Document* Datastore::find(const std::string& id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &documents_[found->second];
}

std::vector<const Document*> Datastore::by_creation(WallTime not_before, std::uint64_t until) const {
  std::vector<const Document*> selected;
  for (const Document& document : documents_) {
    if (document.seq <= until && document.created_at >= not_before) {
      selected.push_back(&document);
    }
  }
  std::ranges::sort(selected, {}, [](const Document* d) { return std::pair(d->created_at, d->id); });
  return selected;
}

Result<event::Position> Datastore::head() {
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  return event::Position{std::to_string(documents_.size())};
}

Result<void> Datastore::open(const event::Position& position) {
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  read_ = std::stoull(position.token);
  if (read_ < trimmed_) {
    return fail(ErrorKind::position_lost, "simulated");
  }
  return {};
}

Result<void> Datastore::next(event::RawBatch& batch, std::size_t, MonoTime, std::stop_token) {
  batch.clear();
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  if (read_ < trimmed_) {
    return fail(ErrorKind::position_lost, "simulated");
  }
  for (std::uint64_t wanted = 1 + random_.below(8); wanted > 0 && read_ < documents_.size(); --wanted) {
    const Document& document = documents_[read_++];
    batch.add(document.id, document.text,
              {.phase = event::Mark::Phase::stream,
               .position = {std::to_string(document.seq)},
               .changed_at = document.changed_at,
               .resume = nullptr});
  }
  batch.end.position.token = std::to_string(read_);
  return {};
}

Result<ports::HistoryPlan> Datastore::plan(const ports::HistoryWindow& window) {
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  const std::uint64_t until = std::stoull(window.until.token);
  auto selected = by_creation(window.not_before, until);
  ports::HistoryPlan plan;
  Cursor cursor{.created_at = window.not_before, .id = {}, .until = until};
  if (selected.size() > window.max_events) {
    plan.cut = selected.size() - window.max_events;
    const Document* last_cut = selected[plan.cut - 1];
    cursor.created_at = last_cut->created_at;
    cursor.id = last_cut->id;
  }
  plan.events = selected.size() - plan.cut;
  plan.cursor = to_text(cursor);
  return plan;
}

Result<void> Datastore::page(const std::string& text, std::size_t limit, event::RawBatch& batch) {
  batch.clear();
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  const Cursor from = parse_cursor(text);
  for (const Document* document : by_creation(from.created_at, from.until)) {
    if (batch.size() == limit) {
      break;
    }
    if (std::pair(document->created_at, document->id) > std::pair(from.created_at, from.id)) {
      batch.add(document->id, document->text,
                {.phase = event::Mark::Phase::history,
                 .position = {to_text({document->created_at, document->id, from.until})},
                 .changed_at = {},
                 .resume = nullptr});
    }
  }
  return {};
}

Result<std::size_t> Datastore::read(std::span<const std::string> ids, std::size_t, event::RawBatch& batch,
                                    std::vector<std::size_t>& gone) {
  batch.clear();
  gone.clear();
  if (fails()) {
    return fail(ErrorKind::transient, "simulated");
  }
  // A few at once, so that a long list takes several reads.
  const std::size_t count = std::min<std::size_t>(ids.size(), 5);
  for (std::size_t place = 0; place < count; ++place) {
    if (const Document* document = find(ids[place])) {
      batch.add(document->id, document->text, {});
    } else {
      gone.push_back(place);
    }
  }
  return count;
}

std::string to_text(const Cursor& cursor) {
  return fmt::format("{}/{}/{}", cursor.created_at.time_since_epoch().count(), cursor.id, cursor.until);
}

Cursor parse_cursor(const std::string& text) {
  const std::size_t first = text.find('/');
  const std::size_t second = text.find('/', first + 1);
  return {.created_at = WallTime(Duration(std::stoll(text.substr(0, first)))),
          .id = text.substr(first + 1, second - first - 1),
          .until = std::stoull(text.substr(second + 1))};
}

std::string id_in(std::string_view body) {
  constexpr std::string_view kBefore = R"("id":")";
  const std::size_t at = body.find(kBefore);
  return at == std::string_view::npos ? std::string() : std::string(body.substr(at + kBefore.size(), 36));
}

}  // namespace exporter::simulation
