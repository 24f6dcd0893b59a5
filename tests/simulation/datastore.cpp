#include "simulation/datastore.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace exporter::simulation {

using namespace std::chrono_literals;

Datastore::Datastore(const Options& options, Random& random, SimClock& clock, Coverage& coverage)
    : options_(options),
      random_(random),
      clock_(clock),
      coverage_(coverage),
      ids_(transform::EventIds::Mode::stable, "simulated/world/events/"),
      skews_(options.nodes + 1) {
  for (Duration& skew : skews_) {
    skew = draw_skew();
  }
}

void Datastore::commit() {
  const auto any_node = [&] { return static_cast<std::uint32_t>(random_.below(options_.nodes)); };
  if (random_.chance(options_.transaction)) {
    coverage_.hit("fault: transaction");
    const Duration since_begin = random_.between(0s, 30s);
    for (std::uint64_t left = 2 + random_.below(4); left > 0; --left) {
      insert(any_node(), since_begin, Flaws::drawn);
    }
  } else if (random_.chance(options_.burst)) {
    coverage_.hit("fault: burst of one node");
    const std::uint32_t node = any_node();
    for (std::uint64_t left = 5 + random_.below(26); left > 0; --left) {
      insert(node, 0s, Flaws::drawn);
    }
  } else {
    insert(any_node(), 0s, Flaws::drawn);
  }
  if (on_insert) {
    on_insert();
  }
}

void Datastore::insert_good() {
  // Of a node that has no other events, so that none of them stands before it.
  insert(options_.nodes, 0s, Flaws::none);
  if (on_insert) {
    on_insert();
  }
}

void Datastore::insert(std::uint32_t node, Duration since_begin, Flaws flaws) {
  Document made;
  made.seq = documents_.size() + 1;
  made.id = fmt::format("doc-{:06}", made.seq);
  made.event_id = event::to_string(ids_.make(made.id));
  made.node = node;
  made.changed_at = clock_.true_time();
  // The writer's clock is not ours, and a transaction's documents are made before it is committed; together less than
  // the margin of healing.
  made.created_at =
      std::max(made.changed_at - since_begin + skews_[node] + random_.between(0ms, 10ms), made.changed_at - 570s);
  if (flaws == Flaws::drawn) {
    made.undecodable = random_.chance(options_.undecodable);
    if (made.undecodable) {
      coverage_.hit("fault: undecodable event");
    }
    made.unwanted = !made.undecodable && options_.unwanted > 0 && random_.chance(options_.unwanted);
    const bool sent = !made.undecodable && !made.unwanted;
    if (sent && random_.chance(options_.poison)) {
      made.refusal = std::array{400, 413, 418, 422, 431}[random_.below(5)];
    }
    made.stuck = sent && made.refusal == 0 && ((options_.ill_node && node == 0) || random_.chance(options_.stuck));
  }
  made.text = made.undecodable
                  ? R"({"healthevent":7})"
                  : fmt::format(R"({{"healthevent":{{"version":1,"checkName":"c","nodeName":"node-{}","isHealthy":{},)"
                                R"("generatedTimestamp":{{"seconds":{}}}}}}})",
                                made.node, made.unwanted, made.seq);
  const std::size_t index = documents_.size();
  by_event_.emplace(made.event_id, index);
  documents_.push_back(std::move(made));
  const Document& added = documents_.back();
  const auto place = std::ranges::find_if(history_.rbegin(), history_.rend(), [&](std::size_t other) {
    const Document& document = documents_[other];
    return document.created_at != added.created_at ? document.created_at < added.created_at : document.id < added.id;
  });
  history_.insert(place.base(), index);
}

void Datastore::trim() { trimmed_ = documents_.size(); }

void Datastore::expire(std::size_t documents) {
  documents = std::min(documents, history_.size());
  for (std::size_t i = 0; i < documents; ++i) {
    documents_[history_[i]].deleted = true;
  }
  history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(documents));
}

void Datastore::writer_jumps() { skews_[random_.below(skews_.size())] = draw_skew(); }

// The margin of healing, ten minutes, is for both: how far one writer is behind, and how far another is ahead whose time
// became the watermark.
Duration Datastore::draw_skew() {
  return random_.between(-options_.writer_skew, options_.history_times ? 20s : options_.writer_skew);
}

const Document* Datastore::find(std::string_view document_id) const {
  std::size_t seq = 0;
  const std::string_view digits = document_id.substr(std::min<std::size_t>(4, document_id.size()));
  std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return seq == 0 || seq > documents_.size() ? nullptr : &documents_[seq - 1];
}

const Document* Datastore::find_event(std::string_view event_id) const {
  const auto found = by_event_.find(std::string(event_id));
  return found == by_event_.end() ? nullptr : &documents_[found->second];
}

bool Datastore::fails() {
  const bool failing = !well_ && random_.chance(options_.read_error);
  if (failing) {
    coverage_.hit("fault: read failed");
  }
  return failing;
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
  std::vector<std::size_t> selected;
  for (const std::size_t index : history_) {
    if (documents_[index].seq <= until && documents_[index].created_at >= window.not_before) {
      selected.push_back(index);
    }
  }
  ports::HistoryPlan plan;
  Cursor cursor{.created_at = window.not_before, .id = {}, .until = until};
  if (selected.size() > window.max_events) {
    plan.cut = selected.size() - window.max_events;
    const Document& last_cut = documents_[selected[plan.cut - 1]];
    cursor.created_at = last_cut.created_at;
    cursor.id = last_cut.id;
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
  Cursor from = parse_cursor(text);
  for (const std::size_t index : history_) {
    const Document& document = documents_[index];
    if (batch.size() == limit) {
      break;
    }
    if (document.seq <= from.until && from.before(document)) {
      batch.add(document.id, document.text,
                {.phase = event::Mark::Phase::history,
                 .position = {to_text({document.created_at, document.id, from.until})},
                 .changed_at = options_.history_times ? document.created_at : WallTime{},
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
    const Document* document = find(ids[place]);
    if (document != nullptr && !document->deleted) {
      batch.add(document->id, document->text, {});
      coverage_.hit("restart: a pending event is read by its id");
    } else {
      gone.push_back(place);
      ++asked_in_vain_;
      coverage_.hit("restart: a pending event is gone");
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

}  // namespace exporter::simulation
