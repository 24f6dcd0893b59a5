// "Durable when it returns", as far as a program can see it: the disk was asked. SQLite's calls of fsync(2) and
// fdatasync(2) come here first, because a program's own symbols go before those of the libraries.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include <gtest/gtest.h>

#include "sql_file.h"
#include "support/temp_dir.h"

namespace {
std::atomic<int> syncs = 0;
}  // namespace

extern "C" int fsync(int fd) {
  ++syncs;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int fdatasync(int fd) {
  ++syncs;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

namespace exporter::sqlite {
namespace {

class Durability : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(prepare(options_));
    ASSERT_TRUE(insert_rows(*Writer::open(options_, Writer::Durability::lazy).value(), 1, 3));
  }
  testing::TempDir dir_;
  Options options_{.path = dir_ / "events.db"};
  SystemClock clock_;
};

TEST_F(Durability, ASavedCheckpointIsOnTheDisk) {
  const auto store = open_checkpoints(options_).value();
  ports::Checkpoint checkpoint;
  checkpoint.position = open_source(options_, clock_).value()->head().value();
  ASSERT_TRUE(store->save(checkpoint, {}));
  const int before = syncs;
  checkpoint.watermark = WallTime(std::chrono::seconds(1'788'955'200));
  ASSERT_TRUE(store->save(checkpoint, {}));
  EXPECT_GT(syncs, before);
}

TEST_F(Durability, ADeadLetterIsOnTheDisk) {
  const auto letters = open_dead_letters(options_).value();
  ASSERT_TRUE(letters->put({.document_id = "a", .event_id = {}, .node = {}, .reason = "refused", .detail = {}}));
  const int before = syncs;
  ASSERT_TRUE(letters->put({.document_id = "b", .event_id = {}, .node = {}, .reason = "refused", .detail = {}}));
  EXPECT_GT(syncs, before);
}

TEST_F(Durability, TheBatchesOfAWriterAreIfItSaysSo) {
  for (const auto durability : {Writer::Durability::on_commit, Writer::Durability::lazy}) {
    const auto writer = Writer::open(options_, durability).value();
    ASSERT_TRUE(insert_rows(*writer, 4, 1));
    const int before = syncs;
    ASSERT_TRUE(insert_rows(*writer, 5, 1));
    EXPECT_EQ(syncs > before, durability == Writer::Durability::on_commit);
  }
}

}  // namespace
}  // namespace exporter::sqlite
