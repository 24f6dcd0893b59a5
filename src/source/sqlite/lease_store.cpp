// The lease, in the row of `leases` that belongs to the client's name.
//
// Written with synchronous = NORMAL: it need not outlive the machine, because nobody who could hold it would either.
#include <array>
#include <memory>
#include <utility>

#include "source/sqlite/schema.h"
#include "source/sqlite/store.h"

namespace exporter::sqlite {

namespace {

constexpr std::string_view kRead = "SELECT holder, epoch, beat FROM leases WHERE client_name = ?1";
constexpr std::string_view kCreate =
    "INSERT INTO leases (client_name, holder, epoch, beat) VALUES (?1, ?2, ?3, 0) ON CONFLICT (client_name) DO NOTHING";
constexpr std::string_view kTake =
    "UPDATE leases SET holder = ?2, epoch = ?4 + 1, beat = 0"
    " WHERE client_name = ?1 AND holder = ?3 AND epoch = ?4 AND beat = ?5";
constexpr std::string_view kRenew =
    "UPDATE leases SET beat = beat + 1 WHERE client_name = ?1 AND holder = ?2 AND epoch = ?3";
constexpr std::string_view kRelease =
    "UPDATE leases SET holder = '' WHERE client_name = ?1 AND holder = ?2 AND epoch = ?3";

class SqliteLease final : public ports::LeaseStore {
 public:
  enum : std::size_t { kReads, kCreates, kTakes, kRenews, kReleases, kCount };
  using Statements = std::array<Statement, kCount>;

  SqliteLease(std::string client_name, Store store, Statements statements)
      : client_name_(std::move(client_name)), store_(std::move(store)), statements_(std::move(statements)) {}

  Result<std::optional<ports::LeaseRecord>> read() override;
  Result<bool> take(const std::optional<ports::LeaseRecord>& seen, const std::string& holder) override;
  Result<bool> renew(const ports::Fence& tenure) override;
  Result<bool> release(const ports::Fence& tenure) override;

 private:
  // A write of the tenure's own row: whether there was one to write.
  Result<bool> write(Statement& statement, const ports::Fence& tenure, const char* what);

  const std::string client_name_;
  Store store_;
  Statements statements_;
};

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::optional<ports::LeaseRecord>> SqliteLease::read() {
  Statement& read = statements_[kReads];
  const ResetAtEnd reset(read);
  read.bind(1, client_name_);
  auto row = read.step();
  if (!row) {
    return fail(row.error().with_context("reading the lease"));
  }
  if (!*row) {
    return std::nullopt;
  }
  return ports::LeaseRecord{.holder = std::string(read.text(0)),
                            .epoch = static_cast<std::uint64_t>(read.integer(1)),
                            .beat = static_cast<std::uint64_t>(read.integer(2))};
}

Result<bool> SqliteLease::write(Statement& statement, const ports::Fence& tenure, const char* what) {
  const ResetAtEnd reset(statement);
  statement.bind(1, client_name_);
  statement.bind(2, tenure.holder);
  statement.bind(3, number(tenure.epoch));
  auto done = statement.step();
  if (!done) {
    return fail(done.error().with_context(what));
  }
  return store_.connection.changes() > 0;
}

Result<bool> SqliteLease::take(const std::optional<ports::LeaseRecord>& seen, const std::string& holder) {
  if (!seen) {
    return write(statements_[kCreates], {.holder = holder, .epoch = 1}, "taking the lease");
  }
  Statement& take = statements_[kTakes];
  const ResetAtEnd reset(take);
  take.bind(1, client_name_);
  take.bind(2, holder);
  take.bind(3, seen->holder);
  take.bind(4, number(seen->epoch));
  take.bind(5, number(seen->beat));
  auto done = take.step();
  if (!done) {
    return fail(done.error().with_context("taking the lease"));
  }
  return store_.connection.changes() > 0;
}

Result<bool> SqliteLease::renew(const ports::Fence& tenure) {
  auto done = write(statements_[kRenews], tenure, "renewing the lease");
  // Not there: somebody else's, or removed by hand.
  return done && !*done ? write(statements_[kCreates], tenure, "renewing the lease") : done;
}

Result<bool> SqliteLease::release(const ports::Fence& tenure) {
  return write(statements_[kReleases], tenure, "giving the lease back");
}

}  // namespace

Result<std::unique_ptr<ports::LeaseStore>> open_lease(const Options& options) {
  auto store = open_store(options, Purpose::write_lazy);
  if (!store) {
    return fail(std::move(store.error()));
  }
  constexpr std::array<std::string_view, SqliteLease::kCount> kTexts{kRead, kCreate, kTake, kRenew, kRelease};
  SqliteLease::Statements statements;
  for (std::size_t index = 0; index < kTexts.size(); ++index) {
    auto statement = store->connection.prepare(kTexts[index]);
    if (!statement) {
      return fail(std::move(statement.error()));
    }
    statements[index] = std::move(*statement);
  }
  return std::make_unique<SqliteLease>(options.client_name, std::move(*store), std::move(statements));
}

}  // namespace exporter::sqlite
