// What lies outside the program, simulated: time, the datastore, the sink. It outlives any number of processes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/source.h"
#include "simulation/options.h"
#include "transform/event_id.h"

namespace exporter::simulation {

// Virtual time. Nothing ever really waits.
class SimClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return now_; }
  // The program's own wall clock, which may be wrong.
  [[nodiscard]] WallTime wall_now() const override { return true_time() + skew_; }
  // The clock of everybody else.
  [[nodiscard]] WallTime true_time() const { return WallTime(std::chrono::hours(480000)) + now_.time_since_epoch(); }
  bool sleep_until(MonoTime, std::stop_token) override { return true; }

  void set(MonoTime now) { now_ = now; }
  void jump(Duration by) { skew_ += by; }

 private:
  MonoTime now_{};
  Duration skew_{};
};

// What happens when, in order; among equals the one scheduled first.
class Scheduler {
 public:
  explicit Scheduler(SimClock& clock) : clock_(clock) {}
  void at(MonoTime when, std::function<void()> what);
  void after(Duration delay, std::function<void()> what) { at(clock_.now() + delay, std::move(what)); }
  // Runs the next one; false when there is none before `until`.
  bool step(MonoTime until);

 private:
  struct Entry {
    MonoTime when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Entry& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  SimClock& clock_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> entries_;
  std::uint64_t next_ = 0;
};

struct Document {
  std::uint64_t seq = 0;  // place in the change log, from 1
  std::string id;
  std::string node;
  std::string text;
  WallTime created_at{};  // by the writer's clock
  WallTime changed_at{};  // by the datastore's
  bool undecodable = false;
  bool poison = false;
};

// The datastore: durable whatever process dies. Its reads fail as the options say.
class Datastore final : public ports::Source, public ports::History, public ports::Documents {
 public:
  Datastore(const Options& options, Random& random, SimClock& clock);

  void insert();
  void trim();  // the change log forgets all that it holds
  void be_well() { well_ = true; }
  [[nodiscard]] const std::vector<Document>& documents() const { return documents_; }
  [[nodiscard]] const Document* find(const std::string& id) const;
  // History order.
  [[nodiscard]] std::vector<const Document*> by_creation(WallTime not_before, std::uint64_t until) const;

  std::optional<ports::Checkpoint> checkpoint;
  std::map<std::string, ports::DeadLetter> dead_letters;

  Result<event::Position> head() override;
  Result<void> open(const event::Position& position) override;
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override;
  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;
  Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                           std::vector<std::size_t>& gone) override;

 private:
  [[nodiscard]] bool fails() { return !well_ && random_.chance(options_.read_error); }

  const Options& options_;
  Random& random_;
  SimClock& clock_;
  std::vector<Document> documents_;
  std::map<std::string, std::size_t> index_;
  std::uint64_t trimmed_ = 0;
  std::uint64_t read_ = 0;
  bool well_ = false;
};

// A place in the history: the document read last, and where the range ends.
struct Cursor {
  WallTime created_at{};
  std::string id;
  std::uint64_t until = 0;
};
std::string to_text(const Cursor& cursor);
Cursor parse_cursor(const std::string& text);

// The sink: what it has taken, in order.
struct Sink {
  std::map<std::string, std::uint32_t> accepted;  // CloudEvent id -> times
  std::vector<std::string> first_accepted;        // ids, in order of first acceptance
  std::uint64_t valid_from = 1;                   // tokens below this generation are revoked
};

// The id that a request body carries.
std::string id_in(std::string_view body);

}  // namespace exporter::simulation
