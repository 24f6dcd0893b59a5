// What has become of each dead letter of a replay, and whether the replay still gets anywhere.
//
// The ports of the replay write into it, each on its thread; whoever started the replay reads it.
// Thread-safety: internally synchronized.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "ports/dead_letters.h"

namespace exporter::app {

struct ReplayReport {
  static constexpr std::size_t kMostNotes = 20;
  std::uint64_t selected = 0;
  std::uint64_t replayed = 0;      // accepted, the letter removed
  std::uint64_t filtered = 0;      // held back by the filter, the letter removed
  std::uint64_t refused = 0;       // refused or undecodable again, or not taken in the end: the letter stays
  std::uint64_t gone = 0;          // the event is not stored any more: the letter stays
  std::vector<std::string> notes;  // about those that stay, the first kMostNotes
  [[nodiscard]] std::uint64_t left() const { return selected - replayed - filtered - refused - gone; }
};

class ReplayBook {
 public:
  // Document ids, each once, in the order of sending. Its place in there names a letter from here on.
  ReplayBook(std::vector<std::string> document_ids, MonoTime now);

  [[nodiscard]] std::span<const std::string> document_ids() const { return ids_; }

  void gone(std::size_t place);
  // The filter holds its event back: nothing is sent, and the letter goes as if it had been.
  void filtered(const std::string& document_id);
  // The letter was put again.
  void stays(const ports::DeadLetter& letter);
  // The document ids of the letters before `place` that are done with: all but those that are gone, stay or were removed.
  [[nodiscard]] std::vector<std::string> done_before(std::size_t place) const;
  // done_before(place) was removed.
  void removed_before(std::size_t place);

  // Something went forward: the sink judged an event, or documents were read.
  void progress(MonoTime now);
  [[nodiscard]] MonoTime last_progress() const;
  // What holds it up, for people: the sink's last answer that was no judgement of an event.
  void trouble(std::string text);
  [[nodiscard]] std::string last_trouble() const;

  [[nodiscard]] ReplayReport report() const;

 private:
  enum class Fate : std::uint8_t { open, filtered, gone, stays, removed };
  static bool done_with(Fate fate) { return fate == Fate::open || fate == Fate::filtered; }
  void note(std::string text) EXPORTER_REQUIRES(mutex_);

  const std::vector<std::string> ids_;
  std::unordered_map<std::string_view, std::size_t> places_;  // of ids_
  mutable Mutex mutex_;
  std::vector<Fate> fates_ EXPORTER_GUARDED_BY(mutex_);
  std::size_t removed_to_ EXPORTER_GUARDED_BY(mutex_) = 0;  // nothing before it is left to remove
  ReplayReport report_ EXPORTER_GUARDED_BY(mutex_);
  MonoTime progress_ EXPORTER_GUARDED_BY(mutex_);
  std::string trouble_ EXPORTER_GUARDED_BY(mutex_);
};

}  // namespace exporter::app
