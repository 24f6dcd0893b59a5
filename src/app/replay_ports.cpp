#include "app/replay_ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "dispatch/error_table.h"

namespace exporter::app {

namespace {

constexpr std::size_t kPage = 200;
constexpr std::size_t kRemoveAtOnce = 500;

event::Mark mark(std::size_t place) {
  return {
      .phase = event::Mark::Phase::stream, .position = {std::to_string(place)}, .changed_at = {}, .resume = nullptr};
}

Result<std::size_t> place_of(const event::Position& position) {
  std::size_t place = 0;
  const char* const end = position.token.data() + position.token.size();
  const auto [read, error] = std::from_chars(position.token.data(), end, place);
  if (error != std::errc() || read != end) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is no position of a replay", position.token));
  }
  return place;
}

}  // namespace

Result<event::Position> ReplaySource::head() { return mark(book_.document_ids().size()).position; }

Result<void> ReplaySource::open(const event::Position& position) {
  return place_of(position).map([this](std::size_t place) { next_ = place; });
}

Result<void> ReplaySource::next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline,
                                std::stop_token stop) {
  batch.clear();
  const auto rest = book_.document_ids().subspan(next_);
  if (rest.empty()) {
    clock_.sleep_until(deadline, std::move(stop));
    return {};
  }
  auto done = documents_.read(rest.first(std::min(kPage, rest.size())), max_bytes, read_, gone_);
  if (!done) {
    book_.trouble(done.error().message);
    return fail(std::move(done.error()));
  }
  auto gone = gone_.begin();
  for (std::size_t index = 0, found = 0; index < *done; ++index) {
    if (gone != gone_.end() && *gone == index) {
      book_.gone(next_ + index);
      ++gone;
    } else {
      const event::RawChange document = read_[found++];
      batch.add(document.document_id, document.document, mark(next_ + index + 1));
    }
  }
  next_ += *done;
  batch.end = mark(next_);
  book_.progress(clock_.now());
  return {};
}

Result<std::optional<ports::Checkpoint>> ReplayCheckpoints::load() {
  return ports::Checkpoint{.position = mark(0).position, .watermark = {}, .backfill = {}};
}

Result<void> ReplayCheckpoints::save(const ports::Checkpoint& checkpoint,
                                     const std::optional<ports::Fence>& /*fence*/) {
  const auto place = place_of(checkpoint.position);
  if (!place) {
    return fail(place.error());
  }
  const std::vector<std::string> done = book_.done_before(*place);
  const std::span<const std::string> ids(done);
  for (std::size_t first = 0; first < ids.size(); first += kRemoveAtOnce) {
    if (auto removed = letters_.remove(ids.subspan(first, std::min(kRemoveAtOnce, ids.size() - first))); !removed) {
      book_.trouble(removed.error().message);
      return fail(std::move(removed.error()));
    }
  }
  book_.removed_before(*place);
  if (*place == book_.document_ids().size()) {
    on_last_();
  }
  return {};
}

Result<void> ReplayLetters::put(const ports::DeadLetter& letter) {
  auto before = letters_.find(letter.document_id);
  if (!before) {
    book_.trouble(before.error().message);
    return fail(std::move(before.error()));
  }
  ports::DeadLetter again = letter;
  again.attempts += *before ? (*before)->attempts : 0;
  if (auto put = letters_.put(again); !put) {
    book_.trouble(put.error().message);
    return put;
  }
  book_.stays(again);
  return {};
}

Result<ports::HistoryPlan> NoHistory::plan(const ports::HistoryWindow& /*window*/) {
  return fail(ErrorKind::invalid, "a replay has no history");
}
Result<void> NoHistory::page(const std::string& /*cursor*/, std::size_t /*limit*/, event::RawBatch& /*batch*/) {
  return fail(ErrorKind::invalid, "a replay has no history");
}

void ReplaySink::on_answer(std::function<void(event::Answer)> handler) {
  sink_.on_answer([this, handler = std::move(handler)](const event::Answer& answer) {
    const dispatch::Verdict verdict = dispatch::rule(answer).verdict;
    if (verdict == dispatch::Verdict::accepted || verdict == dispatch::Verdict::refused) {
      book_.progress(clock_.now());
    } else if (answer.failure == event::TransportFailure::none) {
      book_.trouble(fmt::format("the sink answers {}: {}", answer.status, answer.excerpt));
    } else if (answer.failure != event::TransportFailure::closed) {
      book_.trouble(fmt::format("the sink: {}: {}", event::to_string(answer.failure), answer.excerpt));
    }
    handler(answer);
  });
}

}  // namespace exporter::app
