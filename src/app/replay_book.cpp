#include "app/replay_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace exporter::app {

ReplayBook::ReplayBook(std::vector<std::string> document_ids, MonoTime now)
    : ids_(std::move(document_ids)), fates_(ids_.size(), Fate::open), progress_(now) {
  report_.selected = ids_.size();
  for (std::size_t place = 0; place < ids_.size(); ++place) {
    places_.emplace(ids_[place], place);
  }
}

void ReplayBook::note(std::string text) {
  if (report_.notes.size() < ReplayReport::kMostNotes) {
    report_.notes.push_back(std::move(text));
  }
}

void ReplayBook::gone(std::size_t place) {
  MutexLock lock(mutex_);
  if (std::exchange(fates_[place], Fate::gone) == Fate::open) {
    ++report_.gone;
    note(fmt::format("{}: its event is not stored any more, nothing is left to send; drop the letter", ids_[place]));
  }
}

void ReplayBook::filtered(const std::string& document_id) {
  MutexLock lock(mutex_);
  const auto place = places_.find(document_id);
  if (place != places_.end() && fates_[place->second] == Fate::open) {
    fates_[place->second] = Fate::filtered;
  }
}

void ReplayBook::stays(const ports::DeadLetter& letter) {
  MutexLock lock(mutex_);
  const auto place = places_.find(letter.document_id);
  if (place != places_.end() && std::exchange(fates_[place->second], Fate::stays) == Fate::open) {
    ++report_.refused;
    const std::string status = letter.status == 0 ? "" : fmt::format(" {}", letter.status);
    note(fmt::format("{}: {}{}: {}", letter.document_id, letter.reason, status, letter.detail));
  }
}

std::vector<std::string> ReplayBook::done_before(std::size_t place) const {
  MutexLock lock(mutex_);
  std::vector<std::string> done;
  for (std::size_t index = removed_to_; index < std::min(place, fates_.size()); ++index) {
    if (done_with(fates_[index])) {
      done.push_back(ids_[index]);
    }
  }
  return done;
}

void ReplayBook::removed_before(std::size_t place) {
  MutexLock lock(mutex_);
  for (; removed_to_ < std::min(place, fates_.size()); ++removed_to_) {
    if (done_with(fates_[removed_to_])) {
      ++(fates_[removed_to_] == Fate::filtered ? report_.filtered : report_.replayed);
      fates_[removed_to_] = Fate::removed;
    }
  }
}

void ReplayBook::progress(MonoTime now) {
  MutexLock lock(mutex_);
  progress_ = std::max(progress_, now);
  trouble_.clear();
}

MonoTime ReplayBook::last_progress() const {
  MutexLock lock(mutex_);
  return progress_;
}

void ReplayBook::trouble(std::string text) {
  MutexLock lock(mutex_);
  trouble_ = std::move(text);
}

std::string ReplayBook::last_trouble() const {
  MutexLock lock(mutex_);
  return trouble_;
}

ReplayReport ReplayBook::report() const {
  MutexLock lock(mutex_);
  return report_;
}

}  // namespace exporter::app
