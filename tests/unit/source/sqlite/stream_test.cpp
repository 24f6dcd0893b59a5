// The stream under a writer of its own, and the checkpoints' row.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "sql_file.h"
#include "support/temp_dir.h"

namespace exporter::sqlite {

namespace {

class Store : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(prepare(options_)); }
  [[nodiscard]] event::Position beginning() {
    const auto head = open_source(options_, clock_).value()->head().value().token;
    return {"0" + head.substr(head.find('.'))};
  }

  testing::TempDir dir_;
  Options options_{.path = dir_ / "events.db"};
  SystemClock clock_;
};

TEST_F(Store, EveryRowOfConcurrentWritersArrivesOnceAndInOrder) {
  constexpr int kTransactions = 150;
  constexpr int kRows = 7;
  auto source = open_source(options_, clock_).value();
  ASSERT_TRUE(source->open(beginning()));
  const auto write = [this] {
    auto writer = Writer::open(options_, Writer::Durability::lazy).value();
    for (int transaction = 0; transaction < kTransactions; ++transaction) {
      EXPECT_TRUE(insert_rows(*writer, transaction * kRows, kRows));
    }
  };
  std::jthread one(write);
  std::jthread other(write);
  std::vector<std::string> seen;
  event::RawBatch batch;
  const MonoTime deadline = clock_.now() + std::chrono::seconds(60);
  while (seen.size() < 2 * kTransactions * kRows && clock_.now() < deadline) {
    const auto done = source->next(batch, 2000, deadline, {});
    ASSERT_TRUE(done) << done.error().message;
    for (std::size_t index = 0; index < batch.size(); ++index) {
      seen.emplace_back(batch[index].document_id);
    }
  }
  one.join();
  other.join();
  EXPECT_EQ(seen, SqlFile(options_.path).query("SELECT id FROM health_events ORDER BY seq"));
}

TEST_F(Store, MarksCarryTheTimeOfTheChange) {
  auto writer = Writer::open(options_, Writer::Durability::lazy).value();
  ASSERT_TRUE(insert_rows(*writer, 1, 1));
  ASSERT_EQ(SqlFile(options_.path).run("UPDATE datastore_changelog SET changed_at = 1788955200123456"), "");
  auto source = open_source(options_, clock_).value();
  ASSERT_TRUE(source->open(beginning()));
  event::RawBatch batch;
  ASSERT_TRUE(source->next(batch, 1, MonoTime(), {}));
  EXPECT_EQ(batch[0].after.changed_at, WallTime(std::chrono::microseconds(1'788'955'200'123'456)));
  EXPECT_EQ(batch.end.position, batch[0].after.position);
  EXPECT_EQ(batch.end.changed_at, batch[0].after.changed_at);
}

TEST_F(Store, LeavesNoReadTransactionOpenWhileItWaits) {
  auto writer = Writer::open(options_, Writer::Durability::lazy).value();
  ASSERT_TRUE(insert_rows(*writer, 1, 100));
  auto source = open_source(options_, clock_).value();
  ASSERT_TRUE(source->open(beginning()));
  event::RawBatch batch;
  ASSERT_TRUE(source->next(batch, 1000, MonoTime(), {}));
  // TRUNCATE succeeds (busy = 0) only when no reader is in the log.
  EXPECT_EQ(SqlFile(options_.path).query("PRAGMA wal_checkpoint(TRUNCATE)").at(0), "0");
}

TEST_F(Store, ARemovedFileIsATransientErrorAndNotSilence) {
  auto source = open_source(options_, clock_).value();
  ASSERT_TRUE(source->open(beginning()));
  std::filesystem::rename(options_.path, options_.path + ".away");
  event::RawBatch batch;
  const auto done = source->next(batch, 1000, clock_.now() + std::chrono::seconds(30), {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::transient);
  std::filesystem::rename(options_.path + ".away", options_.path);
  EXPECT_TRUE(source->open(source->head().value()));
}

TEST_F(Store, APositionPastTheHeadIsLostAndNotWaitedFor) {
  auto source = open_source(options_, clock_).value();
  const std::string token = beginning().token;
  EXPECT_EQ(source->open({"5" + token.substr(1)}).error().kind, ErrorKind::position_lost);
}

class Checkpoints : public Store {
 protected:
  void SetUp() override {
    Store::SetUp();
    store_ = open_checkpoints(options_).value();
    auto writer = Writer::open(options_, Writer::Durability::lazy).value();
    ASSERT_TRUE(insert_rows(*writer, 1, 3));
    ASSERT_EQ(file().run("UPDATE datastore_changelog SET changed_at = 1788955200125431"), "");
    saved_.position = open_source(options_, clock_).value()->head().value();
    ASSERT_TRUE(store_->save(saved_, {}));
  }
  [[nodiscard]] SqlFile file() const { return SqlFile(options_.path); }
  void set(const std::string& column, const std::string& value) {
    ASSERT_EQ(file().run("UPDATE resume_tokens SET " + column + " = '" + value + "'"), "");
  }

  std::unique_ptr<ports::CheckpointStore> store_;
  ports::Checkpoint saved_{.position = {},
                           .watermark = WallTime(std::chrono::seconds(1'788'955'200)),
                           .backfill = {ports::Backfill::State::running, "c", 1, 2}};
};

TEST_F(Checkpoints, HaveTheTokenOfThePostgresqlProvider) {
  EXPECT_EQ(
      file().query("SELECT client_name, resume_token FROM resume_tokens"),
      (std::vector<std::string>{"event-exporter", R"({"timestamp": "2026-09-09T12:00:00.125431Z", "eventID": 3})"}));
}

TEST_F(Checkpoints, BelieveATokenMovedByAnotherHandAndForgetWhatDescribedTheOldOne) {
  set("resume_token", R"({"eventID": 2.0, "timestamp": "2026-09-09T12:00:00Z"})");
  ports::Checkpoint expected;
  expected.position = {"2" + beginning().token.substr(1)};
  EXPECT_EQ(store_->load().value(), expected);
}

TEST_F(Checkpoints, DoNotTakeAnUnreadableTokenForNone) {
  for (const char* const token :
       {"", "{", "[]", "{}", "{\"eventID\": -1}", "{\"eventID\": \"x\"}", "{\"eventID\": 1.5}"}) {
    set("resume_token", token);
    const auto loaded = store_->load();
    ASSERT_FALSE(loaded) << token;
    EXPECT_EQ(loaded.error().kind, ErrorKind::corrupt) << token;
  }
}

TEST_F(Checkpoints, DoNotTakeAnUnreadableStateForNone) {
  const std::string state = file().query("SELECT state FROM resume_tokens").at(0);
  const std::string running = "running";
  set("state", std::string(state).replace(state.find(running), running.size(), "jumping"));
  EXPECT_EQ(store_->load().error().kind, ErrorKind::corrupt);
  set("state", "{");
  EXPECT_EQ(store_->load().error().kind, ErrorKind::corrupt);
}

TEST_F(Checkpoints, RefuseAPositionOfAnotherFile) {
  saved_.position = {"3.zzzzzz"};
  EXPECT_EQ(store_->save(saved_, {}).error().kind, ErrorKind::invalid);
}

TEST_F(Checkpoints, OfTwoClientsDoNotMix) {
  auto other = open_checkpoints({.path = options_.path, .client_name = "other"}).value();
  EXPECT_EQ(other->load().value(), std::nullopt);
  EXPECT_EQ(store_->load().value(), saved_);
}

}  // namespace

}  // namespace exporter::sqlite
