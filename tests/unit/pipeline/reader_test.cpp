// The reader against the datastore in memory, step by step on one thread.
#include "pipeline/reader.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fixture.h"
#include "support/manual_clock.h"
#include "support/memory_store.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using event::Mark;

// Calls `after_head` after each head(): what another program may do just then.
class HookedSource final : public ports::Source {
 public:
  explicit HookedSource(std::unique_ptr<ports::Source> source) : source_(std::move(source)) {}
  Result<event::Position> head() override {
    auto head = source_->head();
    if (after_head) {
      after_head();
    }
    return head;
  }
  Result<void> open(const event::Position& position) override {
    opened.push_back(position.token);
    return source_->open(position);
  }
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override {
    return source_->next(batch, max_bytes, deadline, std::move(stop));
  }
  std::function<void()> after_head;
  std::vector<std::string> opened;  // at which positions

 private:
  std::unique_ptr<ports::Source> source_;
};

class ReaderTest : public ::testing::Test {
 protected:
  void make(std::uint64_t max_events = 1000) {
    ReaderOptions options;
    options.backfill = {
        .enabled = max_events > 0, .max_age = 3000s, .max_events = max_events, .page_size = 2, .rate_limit = 0};
    options.batch_bytes = 1;  // one change a read
    options.healing_margin = 10s;
    reader_.emplace(source_, *history_, *documents_, stages_.preparer, clock_, options);
  }
  void insert(const std::string& id, Duration created_at = 900s) {
    store_.insert(id, document("node"), WallTime(created_at));
  }
  Result<event::PreparedBatch> step() { return reader_->step(clock_.now(), {}); }
  // Document ids in order of reading, until nothing comes.
  std::vector<std::string> read_all() {
    std::vector<std::string> ids;
    for (int quiet = 0; quiet < 3;) {
      auto batch = step();
      if (!batch) {
        ids.push_back(std::string(to_string(batch.error().kind)));
        continue;
      }
      quiet = batch->events.empty() ? quiet + 1 : 0;
      for (const event::PreparedEvent& event : batch->events) {
        ids.push_back(event.document_id);
      }
    }
    return ids;
  }
  using Ids = std::vector<std::string>;

  testing::ManualClock clock_;  // at 1000 s
  testing::MemoryStore store_;
  HookedSource source_{store_.source(clock_)};
  std::unique_ptr<ports::History> history_ = store_.history();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  Stages stages_;
  std::optional<Reader> reader_;
  FirstStart found_;
};

TEST_F(ReaderTest, WithoutABackfillTheFirstPositionIsTheHead) {
  make(0);
  insert("before");
  const auto first = reader_->first_checkpoint(found_);
  EXPECT_EQ(first, (ports::Checkpoint{.position = {"memory/1"}, .watermark = {}, .backfill = {}}));
  reader_->start(*first);
  insert("after");
  EXPECT_EQ(read_all(), Ids{"after"});
}

TEST_F(ReaderTest, TheFirstPositionIsTakenBeforeTheHistoryIsPlanned) {
  make();
  insert("old");
  int inserted = 0;
  source_.after_head = [&] { insert("meanwhile-" + std::to_string(++inserted)); };
  const auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->position.token, "memory/1");
  EXPECT_EQ(first->backfill.total, 1u);
  source_.after_head = nullptr;
  reader_->start(*first);
  EXPECT_EQ(read_all(), (Ids{"old", "meanwhile-1"})) << "each once: neither lost between the two nor in both";
}

TEST_F(ReaderTest, ReportsWhatTheHistoryLeavesOut) {
  make(2);
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  const auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  EXPECT_EQ(found_.planned, 2u);
  EXPECT_EQ(found_.cut, 1u);
  reader_->start(*first);
  EXPECT_EQ(read_all(), (Ids{"b", "c"}));
}

TEST_F(ReaderTest, TheStreamGoesOnWhereTheHistoryEnds) {
  make();
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  const auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  reader_->start(*first);
  insert("d");

  const auto page = step();
  ASSERT_TRUE(page && page->events.size() == 2);
  EXPECT_TRUE(page->end.position.empty());
  for (const event::PreparedEvent& event : page->events) {
    EXPECT_EQ(event.after.phase, Mark::Phase::history);
    ASSERT_TRUE(event.after.resume);
    EXPECT_EQ(event.after.resume->token, "memory/3");
  }
  ASSERT_EQ(step()->events.size(), 1u);
  EXPECT_TRUE(reader_->in_history());
  const auto seam = step();
  ASSERT_TRUE(seam && seam->events.empty());
  EXPECT_EQ(seam->end.phase, Mark::Phase::stream);
  EXPECT_EQ(seam->end.position.token, "memory/3");
  EXPECT_FALSE(reader_->in_history());
  const auto live = step();
  ASSERT_TRUE(live && live->events.size() == 1);
  EXPECT_EQ(live->events[0].document_id, "d");
  EXPECT_EQ(live->events[0].after.phase, Mark::Phase::stream);
  EXPECT_EQ(live->events[0].after.position.token, "memory/4");
}

TEST_F(ReaderTest, ContinuesASavedHistoryAtItsCursor) {
  make();
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  reader_->start(*first);
  first->backfill.cursor = step()->events[0].after.position.token;  // "a" was settled, then the program ended
  make();
  reader_->start(*first);
  EXPECT_EQ(read_all(), (Ids{"b", "c"}));
}

// Two pending events before the place after the fourth.
class ReaderAheadTest : public ReaderTest {
 protected:
  void SetUp() override {
    make(0);
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      insert(id);
    }
    saved_.position = {"memory/1"};
    saved_.watermark = WallTime(900s);
    saved_.ahead = {.position = {"memory/4"}, .pending = {"b", "d"}, .settled = 1};
  }
  ports::Checkpoint saved_;
};

TEST_F(ReaderAheadTest, ReadsThePendingEventsAndThenTheStreamFromThePlaceAhead) {
  reader_->start(saved_);
  EXPECT_EQ(read_all(), (Ids{"b", "d", "e"}));
  EXPECT_EQ(source_.opened, std::vector<std::string>{"memory/4"});
  EXPECT_EQ(reader_->repeats_avoided(), 1U) << "c";
}

TEST_F(ReaderAheadTest, ThePositionStaysUntilAllOfThemAreSettled) {
  reader_->start(saved_);
  ASSERT_TRUE(step()) << "the first of two reads";
  const auto all = step();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->events.size(), 2u);
  EXPECT_EQ(all->events[0].after.position.token, "memory/1");
  EXPECT_EQ(all->events[1].after.position.token, "memory/1");
  EXPECT_EQ(all->end.position.token, "memory/4");
}

TEST_F(ReaderAheadTest, WhenOneIsGoneTheStreamIsReadFromThePositionItself) {
  store_.remove("d");
  reader_->start(saved_);
  EXPECT_EQ(read_all(), (Ids{"b", "c", "e"})) << "in this store a change without its document is no event";
  EXPECT_EQ(reader_->repeats_avoided(), 0U);
  EXPECT_EQ(source_.opened, std::vector<std::string>{"memory/1"});
}

TEST_F(ReaderAheadTest, AFailedReadIsRepeatedWhereItWas) {
  reader_->start(saved_);
  store_.fail_next({ErrorKind::transient, "away"});
  EXPECT_EQ(read_all(), (Ids{"transient", "b", "d", "e"}));
}

TEST_F(ReaderAheadTest, APlaceAheadThatIsLostIsHealedFromTheWatermark) {
  reader_->start(saved_);
  ASSERT_TRUE(step());
  ASSERT_TRUE(step());
  store_.trim_changes(5);
  insert("f");
  EXPECT_EQ(read_all(), (Ids{"a", "b", "c", "d", "e", "f"})) << "all that may not have been settled";
}

TEST_F(ReaderTest, AnErrorAnywhereLeavesTheReaderWhereItWas) {
  make();
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  const auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  reader_->start(*first);
  insert("d");
  insert("e");
  Ids ids;
  for (int i = 0; i < 8; ++i) {
    store_.fail_next({ErrorKind::transient, "busy"});
    const auto failed = step();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::transient);
    const auto batch = step();
    ASSERT_TRUE(batch);
    for (const event::PreparedEvent& event : batch->events) {
      ids.push_back(event.document_id);
    }
  }
  EXPECT_EQ(ids, (Ids{"a", "b", "c", "d", "e"}));
}

TEST_F(ReaderTest, AfterAnErrorTheSourceIsOpenedAgainWhereTheLastBatchEnded) {
  make(0);
  reader_->start({.position = {"memory/0"}, .watermark = {}, .backfill = {}});
  for (const char* id : {"a", "b", "c"}) {
    insert(id);
  }
  ASSERT_TRUE(step());
  store_.fail_next({ErrorKind::transient, "busy"});
  ASSERT_FALSE(step());
  ASSERT_TRUE(step());
  EXPECT_EQ(source_.opened, (std::vector<std::string>{"memory/0", "memory/1"}));
  EXPECT_EQ(read_all(), Ids{"c"});
}

TEST_F(ReaderTest, ALostPositionIsHealedFromTheWatermarkLessTheMargin) {
  make(0);
  reader_->start({.position = {"memory/0"}, .watermark = WallTime(500s), .backfill = {}});
  insert("older", 689s);
  insert("margin", 690s);
  insert("newest", 700s);
  ASSERT_EQ(read_all(), (Ids{"older", "margin", "newest"}));
  insert("missed", 695s);
  insert("present", 710s);
  store_.trim_changes(4);
  ASSERT_EQ(reader_->healed(), 0u);
  const auto noticed = step();
  ASSERT_TRUE(noticed && noticed->events.empty());
  EXPECT_TRUE(noticed->end.position.empty());
  EXPECT_EQ(reader_->healed(), 1u);
  const auto healing = step();
  ASSERT_TRUE(healing);
  EXPECT_EQ(healing->history_planned, 4u);
  ASSERT_EQ(healing->events.size(), 2u);
  EXPECT_EQ(healing->events[0].document_id, "margin");
  EXPECT_EQ(healing->events[1].document_id, "missed");
  EXPECT_EQ(read_all(), (Ids{"newest", "present"}));
  insert("live", 711s);
  EXPECT_EQ(read_all(), Ids{"live"});
}

TEST_F(ReaderTest, WithoutAWatermarkEverythingStoredIsReadAgain) {
  make(0);
  reader_->start({.position = {"memory/1"}, .watermark = {}, .backfill = {}});
  for (const char* id : {"a", "b", "c"}) {
    insert(id, -500s);
  }
  store_.trim_changes(2);
  EXPECT_EQ(read_all(), (Ids{"a", "b", "c"}));
}

TEST_F(ReaderTest, AWritersClockThatIsAheadInTheHistoryHidesNothingThatIsLostLater) {
  make();
  insert("ahead", 90000s);
  const auto first = reader_->first_checkpoint(found_);
  ASSERT_TRUE(first);
  reader_->start(*first);
  ASSERT_EQ(read_all(), Ids{"ahead"});
  insert("missed", 995s);
  insert("present", 996s);
  store_.trim_changes(2);
  EXPECT_EQ(read_all(), (Ids{"missed", "present", "ahead"}));
}

TEST_F(ReaderTest, HealingTakesTheNewPositionBeforeItPlans) {
  make(0);
  reader_->start({.position = {"memory/0"}, .watermark = WallTime(500s), .backfill = {}});
  insert("a");
  insert("b");
  store_.trim_changes(1);
  int inserted = 0;
  source_.after_head = [&] { insert("meanwhile-" + std::to_string(++inserted)); };
  EXPECT_EQ(read_all(), (Ids{"a", "b", "meanwhile-1"}));
}

TEST_F(ReaderTest, AnErrorWhileHealingIsTriedAgain) {
  make(0);
  reader_->start({.position = {"memory/0"}, .watermark = WallTime(500s), .backfill = {}});
  insert("a");
  insert("b");
  store_.trim_changes(1);
  source_.after_head = [&, done = false]() mutable {
    if (!std::exchange(done, true)) {
      store_.fail_next({ErrorKind::transient, "busy"});  // meets the plan
    }
  };
  EXPECT_EQ(read_all(), (Ids{"transient", "a", "b"}));
  EXPECT_EQ(reader_->healed(), 1u);
}

TEST_F(ReaderTest, AnUndecodableDocumentIsHandedOverWithItsReason) {
  make(0);
  reader_->start({.position = {"memory/0"}, .watermark = {}, .backfill = {}});
  store_.insert("bad", R"({"healthevent":7})");
  const auto batch = step();
  ASSERT_TRUE(batch && batch->events.size() == 1);
  EXPECT_EQ(batch->events[0].kind, event::PreparedEvent::Kind::undecodable);
  EXPECT_FALSE(batch->events[0].reason.empty());
}

}  // namespace
}  // namespace exporter::pipeline
