// The stream: the change log in id order, each row joined to its document.
//
// Ids are consecutive (schema.cpp says why), so a missing one means that rows were removed before they were read. A
// change whose document was deleted meanwhile is skipped: there is nothing left to send. Between reads no transaction
// is open:
// one that stays open keeps the write-ahead log from being reset, and it would grow without bound.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/check.h"
#include "source/sqlite/position.h"
#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"
#include "source/sqlite/wal_watch.h"

namespace exporter::sqlite {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How often to look when nothing is heard, and when the log cannot be watched at all.
constexpr Duration kFloor = seconds(1);
constexpr Duration kUnwatched = milliseconds(20);
// Pauses between looks after a write was heard. The first is about what a commit takes from its last write to being
// visible; the rest serve slow disks and transactions that write long before they commit. Under a steady stream of
// writes the first pause also bounds the looks to some thousands a second.
constexpr std::array<Duration, 8> kPauses{microseconds(50), microseconds(500), milliseconds(1),  milliseconds(2),
                                          milliseconds(4),  milliseconds(8),   milliseconds(16), milliseconds(50)};
// Where the pauses go on when rows were found: what was heard meanwhile may belong to the next commit, but seldom does.
constexpr std::size_t kPauseAfterRows = 4;
// A read of skipped changes alone ends here, so that a stop is noticed.
constexpr int kRowsPerRead = 50'000;

constexpr std::string_view kSelect =
    "SELECT c.id, c.changed_at, h.id, h.document FROM datastore_changelog c"
    " LEFT JOIN health_events h ON h.seq = c.row_seq AND c.operation = 'INSERT' AND c.table_name = 'health_events'"
    " WHERE c.id > ?1 ORDER BY c.id";
// The greatest id ever given, rows removed or not.
constexpr std::string_view kHead =
    "SELECT max(ifnull((SELECT max(id) FROM datastore_changelog), 0),"
    " ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'datastore_changelog'), 0))";
constexpr std::string_view kOldest = "SELECT min(id) FROM datastore_changelog";

// Which file a path names now; zeros when none.
std::pair<dev_t, ino_t> file_identity(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 ? std::pair(info.st_dev, info.st_ino) : std::pair(dev_t{0}, ino_t{0});
}

class SqliteSource final : public ports::Source {
 public:
  SqliteSource(Options options, Clock& clock) : options_(std::move(options)), clock_(clock), watch_(options_.path) {}

  Result<void> connect();
  Result<event::Position> head() override;
  Result<void> open(const event::Position& position) override;
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override;

 private:
  Result<void> read(event::RawBatch& batch, std::size_t max_bytes);
  Result<void> same_file() const;
  // Waits for a reason to look again. False: the deadline or a stop came.
  bool wait(MonoTime deadline, const std::stop_token& stop);

  const Options options_;
  Clock& clock_;
  WalWatch watch_;
  Store store_;
  Statement select_;
  std::pair<dev_t, ino_t> identity_;
  bool opened_ = false;
  std::int64_t last_id_ = 0;  // reading goes on after this one
  WallTime last_changed_at_{};
  std::size_t pause_ = kPauses.size();  // which pause comes next; past the end: nothing heard lately
  bool watched_ = false;
};

Result<void> SqliteSource::connect() {
  opened_ = false;
  select_ = {};
  identity_ = file_identity(options_.path);
  auto store = open_store(options_, Purpose::read);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto select = store->connection.prepare(kSelect);
  if (!select) {
    return fail(std::move(select.error()));
  }
  store_ = std::move(*store);
  select_ = std::move(*select);
  watched_ = watch_.arm();
  return {};
}

Result<event::Position> SqliteSource::head() {
  auto head = store_.connection.integer(kHead);
  if (!head) {
    return fail(head.error().with_context("reading the head of the change log"));
  }
  return make_position(*head, store_.fingerprint);
}

Result<void> SqliteSource::open(const event::Position& position) {
  // A fresh connection: after an error the old one may stand on a file that was moved away.
  if (auto connected = connect(); !connected) {
    return connected;
  }
  const auto id = parse_position(position, store_.fingerprint);
  if (!id) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is no position in the change log of {}; put back a copy of the "
                                                "row in resume_tokens, or delete it to "
                                                "start anew",
                                                position.token, options_.path));
  }
  auto head = store_.connection.integer(kHead);
  if (!head) {
    return fail(std::move(head.error()));
  }
  auto oldest = store_.connection.integer(kOldest);  // NULL reads as 0
  if (!oldest) {
    return fail(std::move(oldest.error()));
  }
  const std::int64_t first = *oldest == 0 ? *head + 1 : *oldest;
  if (*id > *head) {
    return fail(
        ErrorKind::position_lost,
        fmt::format("the change log ends at {}, before the position {}: was an older copy put back?", *head, *id));
  }
  if (*id < first - 1) {
    return fail(ErrorKind::position_lost,
                fmt::format("changes {} to {} were removed before they were read", *id + 1, first - 1));
  }
  last_id_ = *id;
  last_changed_at_ = {};
  opened_ = true;
  return {};
}

Result<void> SqliteSource::next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline,
                                std::stop_token stop) {
  EXPORTER_CHECK(opened_, "a source is opened before it is read");
  batch.clear();
  for (;;) {
    const std::int64_t before = last_id_;
    const MonoTime asked = clock_.now();
    batch.caught_up_at.reset();
    if (auto read_some = read(batch, max_bytes); !read_some) {
      return read_some;
    }
    batch.end = {event::Mark::Phase::stream, make_position(last_id_, store_.fingerprint), last_changed_at_, {}};
    if (!batch.empty()) {
      pause_ = std::max(pause_, kPauseAfterRows);
      return {};
    }
    if (last_id_ != before && !stop.stop_requested()) {
      continue;  // skipped changes only: there may be more
    }
    batch.caught_up_at = last_id_ == before ? std::optional(asked) : std::nullopt;
    if (!wait(deadline, stop)) {
      return {};
    }
    if (pause_ == kPauses.size()) {
      if (auto same = same_file(); !same) {
        return same;
      }
    }
  }
}

// What was read before an error is handed out first; the next read meets the error again.
Result<void> SqliteSource::read(event::RawBatch& batch, std::size_t max_bytes) {
  const ResetAtEnd reset(select_);
  select_.bind(1, last_id_);
  for (int rows = 0; rows < kRowsPerRead; ++rows) {
    auto row = select_.step();
    if (!row) {
      return batch.empty() ? fail(row.error().with_context("reading the change log")) : Result<void>();
    }
    if (!*row) {
      return {};
    }
    const std::int64_t id = select_.integer(0);
    if (id != last_id_ + 1) {
      return batch.empty()
                 ? fail(ErrorKind::position_lost,
                        fmt::format("changes {} to {} were removed before they were read", last_id_ + 1, id - 1))
                 : Result<void>();
    }
    const bool deleted = select_.is_null(2);
    const std::string_view document_id = deleted ? std::string_view() : select_.text(2);
    const std::string_view document = deleted ? std::string_view() : select_.text(3);
    if (!batch.empty() && batch.bytes() + document_id.size() + document.size() > max_bytes) {
      return {};
    }
    last_id_ = id;
    last_changed_at_ = from_micros(select_.integer(1));
    if (!deleted) {
      batch.add(document_id, document,
                {event::Mark::Phase::stream, make_position(id, store_.fingerprint), last_changed_at_, {}});
    }
  }
  return {};
}

// A file put in another's place leaves us on the old one, where nothing will ever come.
Result<void> SqliteSource::same_file() const {
  if (file_identity(options_.path) == identity_) {
    return {};
  }
  return fail(ErrorKind::transient, fmt::format("{} was removed or replaced while it was read", options_.path));
}

bool SqliteSource::wait(MonoTime deadline, const std::stop_token& stop) {
  const MonoTime now = clock_.now();
  if (stop.stop_requested() || now >= deadline) {
    return false;
  }
  if (pause_ < kPauses.size()) {
    // The first pause is deaf: one commit is many writes, and a look for each would cost more than the wait.
    const Duration pause = std::min<Duration>(kPauses[pause_], deadline - now);
    const auto woke = pause_ == 0 ? watch_.pause(pause, stop) : watch_.wait(pause, stop);
    pause_ = woke == WalWatch::Woke::written ? 0 : pause_ + 1;
    return woke != WalWatch::Woke::stopped;
  }
  const Duration floor = watched_ ? kFloor : kUnwatched;
  const auto woke = watch_.wait(std::min<Duration>(floor, deadline - now), stop);
  if (woke == WalWatch::Woke::written) {
    pause_ = 0;
    return true;
  }
  watched_ = watch_.arm();
  return woke != WalWatch::Woke::stopped;
}

}  // namespace

Result<std::unique_ptr<ports::Source>> open_source(const Options& options, Clock& clock) {
  auto source = std::make_unique<SqliteSource>(options, clock);
  if (auto connected = source->connect(); !connected) {
    return fail(std::move(connected.error()));
  }
  return source;
}

}  // namespace exporter::sqlite
