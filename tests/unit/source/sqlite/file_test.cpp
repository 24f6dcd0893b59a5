// Whose file it is: created, recognised, refused, and never damaged by us.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "sql_file.h"
#include "support/temp_dir.h"

namespace exporter::sqlite {

namespace {

using ::testing::Test;

class StoreFile : public Test {
 protected:
  [[nodiscard]] Error refusal() const {
    const auto done = prepare(options_);
    EXPECT_FALSE(done);
    return done ? Error{} : done.error();
  }
  void fill(int count) const {
    auto writer = Writer::open(options_, Writer::Durability::lazy).value();
    ASSERT_TRUE(insert_rows(*writer, 1, count));
  }

  testing::TempDir dir_;
  Options options_{.path = dir_ / "events.db"};
  SystemClock clock_;
};

TEST_F(StoreFile, IsCreatedOnceAndKeptAfterwards) {
  ASSERT_TRUE(prepare(options_));
  fill(2);
  ASSERT_TRUE(prepare(options_));
  SqlFile file(options_.path);
  EXPECT_EQ(file.query("SELECT count(*) FROM health_events"), std::vector<std::string>{"2"});
  EXPECT_EQ(file.query("SELECT version, description FROM schema_migrations"),
            (std::vector<std::string>{"1", "first schema"}));
  EXPECT_EQ(file.query("PRAGMA journal_mode"), std::vector<std::string>{"wal"});
}

TEST_F(StoreFile, MayBeginAsAnEmptyFile) {
  std::ofstream(options_.path).close();
  ASSERT_TRUE(prepare(options_));
  EXPECT_TRUE(open_source(options_, clock_));
}

TEST_F(StoreFile, OfAnotherProgramIsLeftAlone) {
  {
    SqlFile other(options_.path);
    ASSERT_EQ(other.run("CREATE TABLE photos (id INTEGER PRIMARY KEY); INSERT INTO photos VALUES (1);"), "");
  }
  const std::string before = bytes_of(options_.path);
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_EQ(error.message, options_.path +
                               " is an SQLite file of another program (application id 0x0); nothing was "
                               "changed, choose another path");
  EXPECT_EQ(open_source(options_, clock_).error().kind, ErrorKind::invalid);
  EXPECT_EQ(bytes_of(options_.path), before);
}

TEST_F(StoreFile, OfANewerVersionIsLeftAlone) {
  ASSERT_TRUE(prepare(options_));
  ASSERT_EQ(SqlFile(options_.path).run("PRAGMA user_version = 2"), "");
  const std::string before = bytes_of(options_.path);
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_NE(error.message.find("newer event-exporter (schema version 2, this one knows 1)"), std::string::npos);
  EXPECT_EQ(open_checkpoints(options_).error().kind, ErrorKind::invalid);
  EXPECT_EQ(bytes_of(options_.path), before);
}

TEST_F(StoreFile, ThatIsNoSqliteFileIsLeftAlone) {
  std::ofstream(options_.path) << std::string(10'000, 'x');
  const std::string before = bytes_of(options_.path);
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::corrupt);
  EXPECT_NE(error.message.find("put back a backup"), std::string::npos);
  EXPECT_EQ(bytes_of(options_.path), before);
}

TEST_F(StoreFile, WithADamagedHeaderIsLeftAlone) {
  ASSERT_TRUE(prepare(options_));
  fill(100);
  write_bytes(options_.path, 0, std::string(100, '\x7f'));
  const std::string before = bytes_of(options_.path);
  EXPECT_EQ(refusal().kind, ErrorKind::corrupt);
  EXPECT_EQ(open_dead_letters(options_).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(bytes_of(options_.path), before);
}

TEST_F(StoreFile, DamagedInTheMiddleIsReportedByTheReadThatMeetsIt) {
  ASSERT_TRUE(prepare(options_));
  const auto start = open_source(options_, clock_).value()->head().value();
  fill(1000);
  ASSERT_EQ(SqlFile(options_.path).run("PRAGMA wal_checkpoint(TRUNCATE)"), "");
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(options_.path));
  write_bytes(options_.path, 16 * 4096, std::string(static_cast<std::size_t>(size - 16 * 4096), '\x7f'));
  const std::string before = bytes_of(options_.path);
  Result<void> result;
  {
    auto source = open_source(options_, clock_);
    ASSERT_TRUE(source);
    result = (*source)->open(start);
    event::RawBatch batch;
    for (int reads = 0; reads < 1000 && result; ++reads) {
      result = (*source)->next(batch, 1000, MonoTime(), {});
    }
  }  // closed: whatever it would write, it has written
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::corrupt) << result.error().message;
  EXPECT_EQ(bytes_of(options_.path), before);
}

TEST_F(StoreFile, NeedsAPlace) {
  options_.path = dir_ / "missing/events.db";
  EXPECT_EQ(refusal(), (Error{ErrorKind::invalid, options_.path + ": the directory " + (dir_ / "missing") +
                                                      " does not exist; make it, or choose another path"}));
  options_.path = dir_ / "";
  EXPECT_EQ(refusal().kind, ErrorKind::invalid);
  options_.path = "";
  EXPECT_EQ(refusal().kind, ErrorKind::invalid);
}

TEST_F(StoreFile, NeedsAWritableDirectory) {
  if (::geteuid() == 0) {
    // Root may write anywhere; a file system that refuses root is always there.
    options_.path = "/proc/event-exporter.db";
  } else {
    std::filesystem::permissions(dir_ / "", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  }
  const Error error = refusal();
  EXPECT_EQ(error.kind, ErrorKind::invalid);
  EXPECT_NE(error.message.find("must be writable"), std::string::npos) << error.message;
  std::error_code ignored;
  std::filesystem::permissions(dir_ / "", std::filesystem::perms::owner_all, ignored);
}

TEST_F(StoreFile, OpeningAFileThatIsNotThereIsNoReasonToCreateIt) {
  EXPECT_EQ(open_source(options_, clock_).error().kind, ErrorKind::transient);
  EXPECT_FALSE(std::filesystem::exists(options_.path));
}

TEST_F(StoreFile, TakesPlainSqlFromAnyProgram) {
  ASSERT_TRUE(prepare(options_));
  SqlFile file(options_.path);
  ASSERT_EQ(file.run("INSERT INTO health_events (node_name, document) VALUES ('n1', '{\"a\":1}'), ('n2', '{\"a\":2}')"),
            "");
  EXPECT_EQ(file.query("SELECT count(DISTINCT id) FROM health_events WHERE length(id) = 36 AND id LIKE "
                       "'________-____-4___-____-____________'"),
            std::vector<std::string>{"2"});
  EXPECT_EQ(file.query("SELECT count(*) FROM health_events WHERE abs(created_at - 1000000 * strftime('%s','now')) < "
                       "10000000"),
            std::vector<std::string>{"2"});
  EXPECT_EQ(
      file.query("SELECT c.table_name, c.operation, c.record_id = h.id, h.document FROM datastore_changelog c JOIN "
                 "health_events h ON h.seq = c.row_seq ORDER BY c.id"),
      (std::vector<std::string>{"health_events", "INSERT", "1", "{\"a\":1}", "health_events", "INSERT", "1",
                                "{\"a\":2}"}));
}

TEST_F(StoreFile, RefusesRowsThatWouldHarmTheReaders) {
  ASSERT_TRUE(prepare(options_));
  SqlFile file(options_.path);
  EXPECT_NE(file.run("INSERT INTO health_events (node_name, document) VALUES ('n', 'no json')"), "");
  EXPECT_NE(file.run("INSERT INTO health_events (node_name, document, id) VALUES ('n', '{}', 'short')"), "");
  EXPECT_NE(file.run("INSERT INTO health_events (node_name, document, created_at) VALUES ('n', '{}', 1788955200)"), "");
  EXPECT_NE(file.run("INSERT INTO health_events (node_name, document, created_at) VALUES ('n', '{}', '2026-09-09')"),
            "");
  ASSERT_EQ(file.run("INSERT INTO health_events (node_name, document, seq) VALUES ('n', '{}', 10)"), "");
  EXPECT_EQ(file.run("INSERT INTO health_events (node_name, document, seq) VALUES ('n', '{}', 9)"),
            "health_events.seq is given by the store");
  EXPECT_EQ(file.query("SELECT count(*) FROM datastore_changelog"), std::vector<std::string>{"1"});
}

TEST_F(StoreFile, AWriterStoresAllOfABatchOrNothing) {
  ASSERT_TRUE(prepare(options_));
  auto writer = Writer::open(options_, Writer::Durability::on_commit).value();
  NewDocument good{.id = "00000000-0000-4000-8000-000000000001",
                   .node_name = "n",
                   .event_type = "e",
                   .severity = "s",
                   .recommended_action = "NONE",
                   .document = "{}",
                   .created_at = WallTime(std::chrono::microseconds(1'788'955'200'123'456))};
  NewDocument bad = good;
  bad.id = "x";
  const NewDocument batch[] = {good, bad};
  const auto refused = writer->insert(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_EQ(refused.error().message.substr(0, 21), "storing event 2 of 2:");
  EXPECT_TRUE(writer->insert({&good, 1}));
  SqlFile file(options_.path);
  EXPECT_EQ(file.query("SELECT id, created_at, event_type, severity, recommended_action FROM health_events"),
            (std::vector<std::string>{"00000000-0000-4000-8000-000000000001", "1788955200123456", "e", "s", "NONE"}));
}

TEST_F(StoreFile, SurvivesAWriterKilledInsideItsTransaction) {
  ASSERT_TRUE(prepare(options_));
  fill(10);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    SqlFile file(options_.path);
    // A cache this small spills: uncommitted pages reach the write-ahead log before the kill.
    file.run("PRAGMA cache_size = 10; BEGIN IMMEDIATE");
    for (int row = 0; row < 2000; ++row) {
      file.run("INSERT INTO health_events (node_name, document) VALUES ('lost', '{\"x\":\"" + std::string(500, 'x') +
               "\"}')");
    }
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  ASSERT_TRUE(prepare(options_));
  fill(5);
  auto source = open_source(options_, clock_).value();
  const auto head = source->head().value().token;
  EXPECT_EQ(head.substr(0, head.find('.')), "15");
  ASSERT_TRUE(source->open({"0" + head.substr(head.find('.'))}));
  event::RawBatch batch;
  ASSERT_TRUE(source->next(batch, 1 << 20, MonoTime(), {}));
  EXPECT_EQ(batch.size(), 15U);
  EXPECT_EQ(SqlFile(options_.path).query("PRAGMA integrity_check"), std::vector<std::string>{"ok"});
}

}  // namespace

}  // namespace exporter::sqlite
