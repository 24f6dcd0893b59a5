// Progress, in the row of resume_tokens that belongs to the client's name.
//
// Saved with synchronous = FULL. The events beside it may have been written with NORMAL, yet a saved position is never
// ahead of them after a power loss: they stand earlier in the same write-ahead log, which one sync makes durable whole.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "source/sqlite/position.h"
#include "source/sqlite/resume_token.h"
#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

constexpr std::string_view kLoad = "SELECT resume_token, state FROM resume_tokens WHERE client_name = ?1";
constexpr std::string_view kSave =
    "INSERT INTO resume_tokens (client_name, resume_token, state) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (client_name) DO UPDATE SET resume_token = excluded.resume_token, state = excluded.state,"
    " last_updated = excluded.last_updated";
// The lease is looked at and the progress written in one statement, so nobody can take it over in between.
constexpr std::string_view kSaveFenced =
    "INSERT INTO resume_tokens (client_name, resume_token, state)"
    " SELECT ?1, ?2, ?3 FROM leases WHERE client_name = ?1 AND holder = ?4 AND epoch = ?5"
    " ON CONFLICT (client_name) DO UPDATE SET resume_token = excluded.resume_token, state = excluded.state,"
    " last_updated = excluded.last_updated";
constexpr std::string_view kHasLease = "SELECT 1 FROM leases WHERE client_name = ?1";
constexpr std::string_view kChangedAt =
    "SELECT changed_at FROM datastore_changelog WHERE id <= ?1 ORDER BY id DESC LIMIT 1";

class SqliteCheckpoints final : public ports::CheckpointStore {
 public:
  SqliteCheckpoints(std::string client_name, Store store, Statement load, Statement save, Statement save_fenced,
                    Statement has_lease, Statement changed_at)
      : client_name_(std::move(client_name)),
        store_(std::move(store)),
        load_(std::move(load)),
        save_(std::move(save)),
        save_fenced_(std::move(save_fenced)),
        has_lease_(std::move(has_lease)),
        changed_at_(std::move(changed_at)) {}

  Result<std::optional<ports::Checkpoint>> load() override;
  Result<void> save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) override;

 private:
  // Why a fenced save wrote nothing.
  tl::unexpected<Error> fenced_off();
  // For the people who read the token; 1970 when no change is as old.
  Result<WallTime> time_of(std::int64_t change_id);

  const std::string client_name_;
  Store store_;
  Statement load_;
  Statement save_;
  Statement save_fenced_;
  Statement has_lease_;
  Statement changed_at_;
};

Result<std::optional<ports::Checkpoint>> SqliteCheckpoints::load() {
  const ResetAtEnd reset(load_);
  load_.bind(1, client_name_);
  auto row = load_.step();
  if (!row) {
    return fail(row.error().with_context("loading the checkpoint"));
  }
  if (!*row) {
    return std::nullopt;
  }
  auto checkpoint = read_checkpoint(load_.text(0), load_.text(1), store_.fingerprint);
  if (!checkpoint) {
    return fail(checkpoint.error().with_context("loading the checkpoint"));
  }
  return std::optional(std::move(*checkpoint));
}

Result<WallTime> SqliteCheckpoints::time_of(std::int64_t change_id) {
  const ResetAtEnd reset(changed_at_);
  changed_at_.bind(1, change_id);
  auto row = changed_at_.step();
  if (!row) {
    return fail(row.error().with_context("saving the checkpoint"));
  }
  return *row ? from_micros(changed_at_.integer(0)) : WallTime();
}

tl::unexpected<Error> SqliteCheckpoints::fenced_off() {
  const ResetAtEnd reset(has_lease_);
  has_lease_.bind(1, client_name_);
  auto row = has_lease_.step();
  if (!row) {
    return fail(row.error().with_context("saving the checkpoint"));
  }
  if (*row) {
    return fail(ErrorKind::not_leader, "saving the checkpoint: another exporter holds the lease");
  }
  return fail(ErrorKind::transient, "saving the checkpoint: the lease was removed, and is not renewed yet");
}

Result<void> SqliteCheckpoints::save(const ports::Checkpoint& checkpoint, const std::optional<ports::Fence>& fence) {
  const auto change_id = parse_position(checkpoint.position, store_.fingerprint);
  if (!change_id) {
    return fail(ErrorKind::invalid,
                fmt::format("saving the checkpoint: \"{}\" is no position in this file", checkpoint.position.token));
  }
  auto changed_at = time_of(*change_id);
  if (!changed_at) {
    return fail(std::move(changed_at.error()));
  }
  const std::string token = write_resume_token(*change_id, *changed_at);
  const std::string state = write_state(checkpoint, token);
  Statement& save = fence ? save_fenced_ : save_;
  const ResetAtEnd reset(save);
  save.bind(1, client_name_);
  save.bind(2, token);
  save.bind(3, state);
  if (fence) {
    save.bind(4, fence->holder);
    save.bind(5, static_cast<std::int64_t>(fence->epoch));
  }
  auto done = save.step();
  if (!done) {
    return fail(done.error().with_context("saving the checkpoint"));
  }
  return store_.connection.changes() > 0 ? Result<void>() : fenced_off();
}

}  // namespace

Result<std::unique_ptr<ports::CheckpointStore>> open_checkpoints(const Options& options) {
  auto store = open_store(options, Purpose::write_durable);
  if (!store) {
    return fail(std::move(store.error()));
  }
  auto load = store->connection.prepare(kLoad);
  auto save = load ? store->connection.prepare(kSave) : fail(std::move(load.error()));
  auto fenced = save ? store->connection.prepare(kSaveFenced) : fail(std::move(save.error()));
  auto has_lease = fenced ? store->connection.prepare(kHasLease) : fail(std::move(fenced.error()));
  auto changed_at = has_lease ? store->connection.prepare(kChangedAt) : fail(std::move(has_lease.error()));
  if (!changed_at) {
    return fail(std::move(changed_at.error()));
  }
  return std::make_unique<SqliteCheckpoints>(options.client_name, std::move(*store), std::move(*load), std::move(*save),
                                             std::move(*fenced), std::move(*has_lease), std::move(*changed_at));
}

}  // namespace exporter::sqlite
