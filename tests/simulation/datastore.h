// The datastore, simulated: durable whatever process dies. Its reads fail as the options say.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/source.h"
#include "simulation/coverage.h"
#include "simulation/options.h"
#include "simulation/world.h"
#include "transform/event_id.h"

namespace exporter::simulation {

struct Document {
  std::uint64_t seq = 0;  // place in the change log, from 1
  std::string id;
  std::string event_id;
  std::uint32_t node = 0;
  std::string text;
  WallTime created_at{};  // by the writer's clock
  WallTime changed_at{};  // by the datastore's
  bool undecodable = false;
  bool unwanted = false;  // the filter holds it back
  int refusal = 0;        // what the sink always answers: 4xx, or
  bool stuck = false;     // 5xx and nothing
  bool deleted = false;   // from the history; the change log may still hold it
};

class Datastore final : public ports::Source, public ports::History, public ports::Documents {
 public:
  Datastore(const Options& options, Random& random, SimClock& clock, Coverage& coverage);

  // One commit: mostly one document; by the options a transaction or a burst.
  void commit();
  // One document that the sink will take.
  void insert_good();
  void trim();                         // the change log forgets all that it holds
  void expire(std::size_t documents);  // the history forgets its oldest
  void writer_jumps();
  void be_well() { well_ = true; }

  [[nodiscard]] const std::deque<Document>& documents() const { return documents_; }
  [[nodiscard]] const Document* find(std::string_view document_id) const;
  [[nodiscard]] const Document* find_event(std::string_view event_id) const;
  // In history order, by index; deleted ones are not in it.
  [[nodiscard]] const std::vector<std::size_t>& history() const { return history_; }
  // How many documents were asked for by their ids in vain.
  [[nodiscard]] std::uint64_t asked_in_vain() const { return asked_in_vain_; }
  // Changes up to here are gone from the change log.
  [[nodiscard]] std::uint64_t trimmed() const { return trimmed_; }

  std::optional<ports::Checkpoint> checkpoint;
  std::map<std::string, ports::DeadLetter, std::less<>> dead_letters;
  std::function<void()> on_insert;

  Result<event::Position> head() override;
  Result<void> open(const event::Position& position) override;
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override;
  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;
  Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                           std::vector<std::size_t>& gone) override;

 private:
  enum class Flaws : std::uint8_t { drawn, none };
  bool fails();
  Duration draw_skew();
  void insert(std::uint32_t node, Duration since_begin, Flaws flaws);

  const Options& options_;
  Random& random_;
  SimClock& clock_;
  Coverage& coverage_;
  transform::EventIds ids_;
  std::vector<Duration> skews_;     // by node
  std::deque<Document> documents_;  // never moved
  std::vector<std::size_t> history_;
  std::unordered_map<std::string, std::size_t> by_event_;
  std::uint64_t trimmed_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t asked_in_vain_ = 0;
  bool well_ = false;
};

// A place in the history: the document read last, and where the range ends.
struct Cursor {
  WallTime created_at{};
  std::string id;
  std::uint64_t until = 0;

  [[nodiscard]] bool before(const Document& document) const {
    return created_at != document.created_at ? created_at < document.created_at : id < document.id;
  }
};
std::string to_text(const Cursor& cursor);
Cursor parse_cursor(const std::string& text);

}  // namespace exporter::simulation
