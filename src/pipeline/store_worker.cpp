#include "pipeline/store_worker.h"

#include "base/failpoint.h"

namespace exporter::pipeline {

void StoreWorker::save(ports::Checkpoint checkpoint) {
  {
    MutexLock lock(mutex_);
    save_ = std::move(checkpoint);
  }
  work_.notify_one();
}

void StoreWorker::put(event::Ticket ticket, ports::DeadLetter letter) {
  {
    MutexLock lock(mutex_);
    letters_.emplace_back(ticket, std::move(letter));
  }
  work_.notify_one();
}

void StoreWorker::count() {
  {
    MutexLock lock(mutex_);
    count_ = true;
  }
  work_.notify_one();
}

void StoreWorker::run(std::stop_token stop) {
  for (;;) {
    std::optional<ports::Checkpoint> save;
    std::optional<std::pair<event::Ticket, ports::DeadLetter>> letter;
    {
      MutexLock lock(mutex_);
      const bool woken = work_.wait(
          lock, stop, [&]() EXPORTER_REQUIRES(mutex_) { return save_.has_value() || !letters_.empty() || count_; });
      if (!woken || stop.stop_requested()) {
        return;
      }
      save = std::exchange(save_, std::nullopt);
      if (!save && !letters_.empty()) {
        letter = std::move(letters_.front());
        letters_.pop_front();
      } else if (!save) {
        count_ = false;
      }
    }
    if (save) {
      EXPORTER_FAILPOINT("store.before_save");
      const auto result = checkpoints_.save(*save, fence_);
      EXPORTER_FAILPOINT("store.saved");
      reactor_.post([this, result] { handlers_.saved(result); });
    } else if (!letter) {
      reactor_.post([this, result = dead_letters_.count()] { handlers_.counted(result); });
    } else {
      EXPORTER_FAILPOINT("store.before_letter");
      const auto result = dead_letters_.put(letter->second);
      EXPORTER_FAILPOINT("store.letter_stored");
      reactor_.post([this, ticket = letter->first, result] { handlers_.dead_lettered(ticket, result); });
    }
  }
}

}  // namespace exporter::pipeline
