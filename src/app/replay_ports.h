// The ports of a replay: what the pipeline reads, saves and sets aside when its events come from dead letters.
//
// A position is the place of a letter in the selection, as a decimal number; what lies before a saved one is settled. So
// a replay that is killed has removed only letters whose events were accepted, and repeats the few whose removal was not
// saved yet. Thread-safety: each object is used as its port says; they share the book.
#pragma once

#include <functional>
#include <vector>

#include "app/replay_book.h"
#include "base/clock.h"
#include "ports/checkpoint_store.h"
#include "ports/dead_letters.h"
#include "ports/documents.h"
#include "ports/history.h"
#include "ports/sink.h"
#include "ports/source.h"

namespace exporter::app {

// The documents of the letters, in order. After the last it is a stream on which nothing comes any more.
class ReplaySource final : public ports::Source {
 public:
  ReplaySource(ReplayBook& book, ports::Documents& documents, Clock& clock)
      : book_(book), documents_(documents), clock_(clock) {}

  Result<event::Position> head() override;
  Result<void> open(const event::Position& position) override;
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override;

 private:
  ReplayBook& book_;
  ports::Documents& documents_;
  Clock& clock_;
  std::size_t next_ = 0;
  event::RawBatch read_;           // reused
  std::vector<std::size_t> gone_;  // reused
};

// Removes the letters that are settled. Calls `on_last` once when the last one is.
class ReplayCheckpoints final : public ports::CheckpointStore {
 public:
  ReplayCheckpoints(ReplayBook& book, ports::DeadLetters& letters, std::function<void()> on_last)
      : book_(book), letters_(letters), on_last_(std::move(on_last)) {}

  Result<std::optional<ports::Checkpoint>> load() override;  // the beginning
  Result<void> save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) override;

 private:
  ReplayBook& book_;
  ports::DeadLetters& letters_;
  std::function<void()> on_last_;
};

// Puts letters again, with all attempts since the first time.
class ReplayLetters final : public ports::DeadLetters {
 public:
  ReplayLetters(ReplayBook& book, ports::DeadLetters& letters) : book_(book), letters_(letters) {}

  Result<void> put(const ports::DeadLetter& letter) override;
  Result<std::uint64_t> count() override { return letters_.count(); }
  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>& after,
                                              std::size_t limit) override {
    return letters_.page(after, limit);
  }
  Result<std::optional<ports::DeadLetter>> find(const std::string& id) override { return letters_.find(id); }
  Result<std::uint64_t> remove(std::span<const std::string> document_ids) override {
    return letters_.remove(document_ids);
  }

 private:
  ReplayBook& book_;
  ports::DeadLetters& letters_;
};

// There is none: a replay never asks for it.
class NoHistory final : public ports::History {
 public:
  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override;
  Result<void> page(const std::string& cursor, std::size_t limit, event::RawBatch& batch) override;
};

// Listens to the answers: a judgement of an event is progress, all else is trouble.
class ReplaySink final : public ports::Sink {
 public:
  ReplaySink(ReplayBook& book, ports::Sink& sink, Clock& clock) : book_(book), sink_(sink), clock_(clock) {}

  void on_answer(std::function<void(event::Answer)> handler) override;
  void send(const ports::Delivery& delivery) override { sink_.send(delivery); }
  void close() override { sink_.close(); }

 private:
  ReplayBook& book_;
  ports::Sink& sink_;
  Clock& clock_;
};

}  // namespace exporter::app
