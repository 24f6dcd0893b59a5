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

void StoreWorker::measure(event::Position position) {
  {
    MutexLock lock(mutex_);
    measure_ = std::move(position);
  }
  work_.notify_one();
}

void StoreWorker::run(std::stop_token stop) {
  for (;;) {
    std::optional<ports::Checkpoint> save;
    std::optional<std::pair<event::Ticket, ports::DeadLetter>> letter;
    std::optional<event::Position> measure;
    {
      MutexLock lock(mutex_);
      const bool woken = work_.wait(lock, stop, [&]() EXPORTER_REQUIRES(mutex_) {
        return save_.has_value() || !letters_.empty() || count_ || measure_.has_value();
      });
      if (!woken || stop.stop_requested()) {
        return;
      }
      save = std::exchange(save_, std::nullopt);
      if (!save && !letters_.empty()) {
        letter = std::move(letters_.front());
        letters_.pop_front();
      } else if (!save && !std::exchange(count_, false)) {
        measure = std::exchange(measure_, std::nullopt);
      }
    }
    if (save) {
      EXPORTER_FAILPOINT("store.before_save");
      const auto result = checkpoints_.save(*save, fence_);
      EXPORTER_FAILPOINT("store.saved");
      reactor_.post([this, result] { handlers_.saved(result); });
    } else if (letter) {
      EXPORTER_FAILPOINT("store.before_letter");
      const auto result = dead_letters_.put(letter->second);
      EXPORTER_FAILPOINT("store.letter_stored");
      reactor_.post([this, ticket = letter->first, result] { handlers_.dead_lettered(ticket, result); });
    } else if (measure) {
      reactor_.post([this, result = retention_->headroom(*measure)] { handlers_.measured(result); });
    } else {
      reactor_.post([this, result = dead_letters_.count()] { handlers_.counted(result); });
    }
  }
}

}  // namespace exporter::pipeline
