#include "support/memory_store.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace exporter::testing {

namespace {

template <class Number = std::uint64_t>
std::optional<Number> number_from(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string_view take_field(std::string_view& rest) {
  const std::string_view field = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(field.size() + 1, rest.size()));
  return field;
}

}  // namespace

void MemoryStore::insert(std::string id, std::string document, WallTime created_at) {
  const std::lock_guard lock(mutex_);
  ++last_number_;
  documents_[id] = {last_number_, std::move(document), created_at};
  changes_.push_back({last_number_, std::move(id), created_at});
  changed_.notify_all();
}

void MemoryStore::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  documents_.erase(id);
}

void MemoryStore::trim_changes(std::size_t count) {
  const std::lock_guard lock(mutex_);
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(std::min(count, changes_.size())));
}

void MemoryStore::fail_next(Error error) {
  const std::lock_guard lock(mutex_);
  errors_.push_back(std::move(error));
}

std::optional<Error> MemoryStore::take_error() {
  if (errors_.empty()) {
    return std::nullopt;
  }
  Error error = std::move(errors_.front());
  errors_.erase(errors_.begin());
  return error;
}

event::Position MemoryStore::position(std::uint64_t number) const { return {name_ + "/" + std::to_string(number)}; }

std::optional<std::uint64_t> MemoryStore::number_of(const event::Position& position) const {
  std::string_view text(position.token);
  return take_field(text) == name_ ? number_from(text) : std::nullopt;
}

std::optional<ports::Checkpoint> MemoryStore::checkpoint() const {
  const std::lock_guard lock(mutex_);
  return checkpoint_;
}

std::vector<ports::DeadLetter> MemoryStore::letters() const {
  const std::lock_guard lock(mutex_);
  std::vector<ports::DeadLetter> letters;
  for (const auto& [id, letter] : letters_) {
    letters.push_back(letter);
  }
  return letters;
}

std::optional<ports::LeaseRecord> MemoryStore::lease_record() const {
  const std::lock_guard lock(mutex_);
  return lease_;
}

void MemoryStore::set_lease_record(std::optional<ports::LeaseRecord> record) {
  const std::lock_guard lock(mutex_);
  lease_ = std::move(record);
}

class MemorySource final : public ports::Source {
 public:
  MemorySource(MemoryStore& store, Clock& clock) : store_(store), clock_(clock) {}

  Result<event::Position> head() override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    return store_.position(store_.last_number_);
  }

  Result<void> open(const event::Position& position) override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    const auto number = store_.number_of(position);
    if (!number) {
      return fail(ErrorKind::invalid, "no position of this store");
    }
    last_ = *number;
    return check_not_lost();
  }

  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override {
    batch.clear();
    std::unique_lock lock(store_.mutex_);
    for (;;) {
      if (auto error = store_.take_error()) {
        return fail(std::move(*error));
      }
      if (auto lost = check_not_lost(); !lost) {
        return lost;
      }
      fill(batch, max_bytes);
      batch.caught_up_at = batch.empty() ? std::optional(clock_.now()) : std::nullopt;
      batch.end = {event::Mark::Phase::stream, store_.position(last_), {}, {}};
      if (!batch.empty() || stop.stop_requested() || clock_.now() >= deadline) {
        return {};
      }
      const auto limit = std::min<Duration>(deadline - clock_.now(), std::chrono::milliseconds(20));
      store_.changed_.wait_for(lock, stop, limit, [this] { return store_.last_number_ > last_; });
    }
  }

 private:
  Result<void> check_not_lost() const {
    const std::uint64_t first = store_.changes_.empty() ? store_.last_number_ + 1 : store_.changes_.front().number;
    if (last_ + 1 < first || last_ > store_.last_number_) {
      return fail(ErrorKind::position_lost, "changes were removed before they were read");
    }
    return {};
  }

  void fill(event::RawBatch& batch, std::size_t max_bytes) {
    for (const auto& change : store_.changes_) {
      if (change.number <= last_) {
        continue;
      }
      const auto document = store_.documents_.find(change.id);
      if (document != store_.documents_.end()) {
        const std::size_t size = change.id.size() + document->second.text.size();
        if (!batch.empty() && batch.bytes() + size > max_bytes) {
          return;
        }
        batch.add(change.id, document->second.text,
                  {event::Mark::Phase::stream, store_.position(change.number), change.at, {}});
      }
      last_ = change.number;
    }
  }

  MemoryStore& store_;
  Clock& clock_;
  std::uint64_t last_ = 0;
};

// The cursor: "<store>/<greatest change number of the range>/<created_at of the last document read, ns>/<its id>".
class MemoryHistory final : public ports::History {
 public:
  explicit MemoryHistory(MemoryStore& store) : store_(store) {}

  Result<ports::HistoryPlan> plan(const ports::HistoryWindow& window) override {
    EXPORTER_CHECK(window.max_events > 0, "a window holds at least one event");
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    const auto until = store_.number_of(window.until);
    if (!until) {
      return fail(ErrorKind::invalid, "no position of this store");
    }
    const auto keys = keys_after({window.not_before, ""}, *until);
    if (keys.size() <= window.max_events) {
      return ports::HistoryPlan{cursor(*until, {window.not_before, ""}), keys.size(), 0};
    }
    const std::uint64_t cut = keys.size() - window.max_events;
    return ports::HistoryPlan{cursor(*until, keys[cut - 1]), window.max_events, cut};
  }

  Result<void> page(const std::string& text, std::size_t limit, event::RawBatch& batch) override {
    EXPORTER_CHECK(limit > 0, "a page holds at least one document");
    const std::lock_guard lock(store_.mutex_);
    batch.clear();
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    std::string_view rest(text);
    const bool ours = take_field(rest) == store_.name_;
    const auto until = number_from(take_field(rest));
    const auto nanos = number_from<std::int64_t>(take_field(rest));
    if (!ours || !until || !nanos) {
      return fail(ErrorKind::invalid, "no cursor of this history");
    }
    const Key last{WallTime(Duration(*nanos)), std::string(rest)};
    for (const Key& key : keys_after(last, *until)) {
      if (batch.size() == limit) {
        break;
      }
      batch.add(key.second, store_.documents_.at(key.second).text,
                {event::Mark::Phase::history, {cursor(*until, key)}, key.first, {}});
    }
    return {};
  }

 private:
  using Key = std::pair<WallTime, std::string>;

  [[nodiscard]] std::string cursor(std::uint64_t until, const Key& last) const {
    return store_.name_ + "/" + std::to_string(until) + "/" + std::to_string(last.first.time_since_epoch().count()) +
           "/" + last.second;
  }

  [[nodiscard]] std::vector<Key> keys_after(const Key& last, std::uint64_t until) const {
    std::vector<Key> keys;
    for (const auto& [id, document] : store_.documents_) {
      if (document.number <= until && Key(document.created_at, id) > last) {
        keys.emplace_back(document.created_at, id);
      }
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  MemoryStore& store_;
};

class MemoryCheckpoints final : public ports::CheckpointStore {
 public:
  explicit MemoryCheckpoints(MemoryStore& store) : store_(store) {}

  Result<std::optional<ports::Checkpoint>> load() override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    return store_.checkpoint_;
  }

  Result<void> save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    if (fence && !store_.lease_) {
      return fail(ErrorKind::transient, "the lease was removed");
    }
    if (fence && (store_.lease_->holder != fence->holder || store_.lease_->epoch != fence->epoch)) {
      return fail(ErrorKind::not_leader, "another exporter holds the lease");
    }
    store_.checkpoint_ = checkpoint;
    return {};
  }

 private:
  MemoryStore& store_;
};

class MemoryDeadLetters final : public ports::DeadLetters {
 public:
  explicit MemoryDeadLetters(MemoryStore& store) : store_(store) {}

  Result<void> put(const ports::DeadLetter& letter) override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    store_.letters_[letter.document_id] = letter;
    return {};
  }

  Result<std::uint64_t> count() override {
    // Meets no error: it is asked for a metric, at times that no test chooses.
    const std::lock_guard lock(store_.mutex_);
    return store_.letters_.size();
  }

  Result<std::vector<ports::DeadLetter>> page(const std::optional<ports::DeadLetterKey>& after,
                                              std::size_t limit) override {
    EXPORTER_CHECK(limit > 0, "a page has room for a letter");
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    const auto key = [](const auto& letter) { return std::tie(letter.at, letter.document_id); };
    std::vector<ports::DeadLetter> letters;
    for (const auto& [id, letter] : store_.letters_) {
      if (!after || key(letter) > key(*after)) {
        letters.push_back(letter);
      }
    }
    std::sort(letters.begin(), letters.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    letters.resize(std::min(letters.size(), limit));
    return letters;
  }

  Result<std::optional<ports::DeadLetter>> find(const std::string& id) override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    if (const auto found = store_.letters_.find(id); found != store_.letters_.end()) {
      return found->second;
    }
    for (const auto& [document_id, letter] : store_.letters_) {
      if (letter.event_id == id) {
        return letter;
      }
    }
    return std::nullopt;
  }

  Result<std::uint64_t> remove(std::span<const std::string> document_ids) override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    std::uint64_t removed = 0;
    for (const std::string& id : document_ids) {
      removed += store_.letters_.erase(id);
    }
    return removed;
  }

 private:
  MemoryStore& store_;
};

class MemoryDocuments final : public ports::Documents {
 public:
  explicit MemoryDocuments(MemoryStore& store) : store_(store) {}

  Result<std::size_t> read(std::span<const std::string> ids, std::size_t max_bytes, event::RawBatch& batch,
                           std::vector<std::size_t>& gone) override {
    const std::lock_guard lock(store_.mutex_);
    batch.clear();
    gone.clear();
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    for (std::size_t index = 0; index < ids.size(); ++index) {
      if (index > 0 && batch.bytes() >= max_bytes) {
        return index;
      }
      if (const auto document = store_.documents_.find(ids[index]); document != store_.documents_.end()) {
        batch.add(ids[index], document->second.text, {});
      } else {
        gone.push_back(index);
      }
    }
    return ids.size();
  }

 private:
  MemoryStore& store_;
};

class MemoryLease final : public ports::LeaseStore {
 public:
  explicit MemoryLease(MemoryStore& store) : store_(store) {}

  Result<std::optional<ports::LeaseRecord>> read() override {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    return store_.lease_;
  }

  Result<bool> take(const std::optional<ports::LeaseRecord>& seen, const std::string& holder) override {
    return change([&](std::optional<ports::LeaseRecord>& stored) {
      if (stored != seen) {
        return false;
      }
      stored = {.holder = holder, .epoch = seen ? seen->epoch + 1 : 1, .beat = 0};
      return true;
    });
  }

  Result<bool> renew(const ports::Fence& tenure) override {
    return change([&](std::optional<ports::LeaseRecord>& stored) {
      if (!stored) {
        stored = {.holder = tenure.holder, .epoch = tenure.epoch, .beat = 0};
        return true;
      }
      if (stored->holder != tenure.holder || stored->epoch != tenure.epoch) {
        return false;
      }
      ++stored->beat;
      return true;
    });
  }

  Result<bool> release(const ports::Fence& tenure) override {
    return change([&](std::optional<ports::LeaseRecord>& stored) {
      if (!stored || stored->holder != tenure.holder || stored->epoch != tenure.epoch) {
        return false;
      }
      stored->holder.clear();
      return true;
    });
  }

 private:
  template <class Change>
  Result<bool> change(Change&& change) {
    const std::lock_guard lock(store_.mutex_);
    if (auto error = store_.take_error()) {
      return fail(std::move(*error));
    }
    return change(store_.lease_);
  }

  MemoryStore& store_;
};

std::unique_ptr<ports::Source> MemoryStore::source(Clock& clock) {
  return std::make_unique<MemorySource>(*this, clock);
}
std::unique_ptr<ports::History> MemoryStore::history() { return std::make_unique<MemoryHistory>(*this); }
std::unique_ptr<ports::CheckpointStore> MemoryStore::checkpoints() {
  return std::make_unique<MemoryCheckpoints>(*this);
}
std::unique_ptr<ports::DeadLetters> MemoryStore::dead_letters() { return std::make_unique<MemoryDeadLetters>(*this); }
std::unique_ptr<ports::Documents> MemoryStore::documents() { return std::make_unique<MemoryDocuments>(*this); }
std::unique_ptr<ports::LeaseStore> MemoryStore::lease() { return std::make_unique<MemoryLease>(*this); }

}  // namespace exporter::testing
