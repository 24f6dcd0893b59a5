// What /metrics says about the lag, beside what a test knows: at most a second apart, while the clock moves by hand.
#include <atomic>
#include <cmath>
#include <future>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "fixture.h"
#include "pipeline/pipeline.h"
#include "support/manual_reactor.h"
#include "support/memory_store.h"
#include "support/pipeline_fakes.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;

// A datastore that can be out of reach.
class CutSource final : public ports::Source {
 public:
  explicit CutSource(std::unique_ptr<ports::Source> source) : source_(std::move(source)) {}
  Result<event::Position> head() override { return source_->head(); }
  Result<void> open(const event::Position& position) override {
    return cut ? fail(ErrorKind::transient, "out of reach") : source_->open(position);
  }
  Result<void> next(event::RawBatch& batch, std::size_t max_bytes, MonoTime deadline, std::stop_token stop) override {
    return cut ? fail(ErrorKind::transient, "out of reach")
               : source_->next(batch, max_bytes, deadline, std::move(stop));
  }
  std::atomic<bool> cut = false;

 private:
  std::unique_ptr<ports::Source> source_;
};

class PipelineLagTest : public ::testing::Test {
 protected:
  void start() {
    options_.heart.workers = 4;
    pipeline_.emplace(options_, Parts{.source = source_,
                                      .history = *history_,
                                      .documents = *documents_,
                                      .preparer = stages_.preparer,
                                      .checkpoints = *checkpoints_,
                                      .dead_letters = *dead_letters_,
                                      .sink = sink_,
                                      .credentials = credentials_,
                                      .reactor = reactor_,
                                      .clock = clock_,
                                      .metrics = metrics_,
                                      .retention = retention_,
                                      .abandon = {}});
    running_ = std::async(std::launch::async, [this] { return pipeline_->run(); });
  }
  void TearDown() override {
    if (!pipeline_) {
      return;
    }
    pipeline_->stop();
    pipeline_->stop();
    EXPECT_TRUE(reactor_.eventually([&] { return running_.wait_for(0s) == std::future_status::ready; }, 50ms));
  }
  // Committed now, or some time ago.
  void insert(const std::string& id, Duration ago = 0s) {
    store_.insert(id, document("node-" + id), clock_.wall_now() - ago);
  }
  [[nodiscard]] std::optional<double> value(const std::string& series) const {
    const std::string text = metrics_.text();
    const auto at = text.find("\n" + series + " ");
    return at == std::string::npos ? std::nullopt : std::optional(std::stod(text.substr(at + series.size() + 2)));
  }
  [[nodiscard]] static bool near(std::optional<double> shown, Duration real) {
    return shown && std::abs(*shown - std::chrono::duration<double>(real).count()) <= 1;
  }
  // Time stands still until what is shown is right, so this does not depend on how fast the threads are.
  bool shows_export_lag(Duration real) {
    return reactor_.eventually([&] { return near(value(kExport), real) && value(kExportKnown) == 1.0; });
  }
  bool shows_read_lag(Duration real) {
    return reactor_.eventually([&] { return near(value(kRead), real) && value(kReadKnown) == 1.0; });
  }
  // Nothing is behind. Time moves on meanwhile: the source is asked again when its time has come, not while time stands.
  bool comes_to_nothing(const std::string& lag) {
    return reactor_.eventually([&] { return near(value(lag), 0s); }, 10ms);
  }
  // The datastore has answered a moment ago, by the clock that stands still from now on.
  bool has_just_answered() {
    return reactor_.eventually([&] { return value(kExport).value_or(1) < 0.3 && value(kRead).value_or(1) < 0.3; }, 1ms);
  }

  const std::string kExport = "health_events_exporter_export_lag_seconds";
  const std::string kExportKnown = "health_events_exporter_export_lag_known";
  const std::string kRead = "change_stream_lag_seconds{client=\"event-exporter\"}";
  const std::string kReadKnown = "change_stream_lag_known{client=\"event-exporter\"}";

  const std::string kHeadroom = "health_events_exporter_headroom_seconds";

  testing::ManualClock clock_;
  const MonoTime began_ = clock_.now();
  testing::FakeRetention datastore_;
  ports::Retention* retention_ = nullptr;
  testing::MemoryStore store_;
  CutSource source_{store_.source(clock_)};
  std::unique_ptr<ports::History> history_ = store_.history();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  std::unique_ptr<ports::CheckpointStore> checkpoints_ = store_.checkpoints();
  std::unique_ptr<ports::DeadLetters> dead_letters_ = store_.dead_letters();
  testing::ManualReactor reactor_{clock_};
  testing::FakeSink sink_{reactor_};
  testing::FakeCredentials credentials_;
  metrics::Metrics metrics_{clock_};
  Stages stages_;
  PipelineOptions options_;
  std::optional<Pipeline> pipeline_;
  std::future<Result<void>> running_;
};

TEST_F(PipelineLagTest, IsAbsentAndSaidToBeUnknownUntilTheDatastoreHasAnswered) {
  source_.cut = true;
  start();
  ASSERT_TRUE(
      reactor_.eventually([&] { return value("health_events_exporter_source_errors_total").value_or(0) >= 3; }, 100ms));
  for (const auto& [lag, known] : {std::pair(kExport, kExportKnown), std::pair(kRead, kReadKnown)}) {
    EXPECT_EQ(value(lag), std::nullopt);
    EXPECT_EQ(value(known), 0.0);
  }
  source_.cut = false;
  ASSERT_TRUE(reactor_.eventually([&] { return value(kExportKnown) == 1.0 && value(kReadKnown) == 1.0; }, 100ms));
  EXPECT_TRUE(comes_to_nothing(kExport));
  EXPECT_TRUE(comes_to_nothing(kRead));
}

TEST_F(PipelineLagTest, IsNothingOnAQuietStreamForAsLongAsTheDatastoreAnswers) {
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return value(kExportKnown) == 1.0; }, 100ms));
  insert("a", 2h);
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 1; }, 100ms));
  for (int i = 0; i < 30; ++i) {
    clock_.advance(400ms);
    ASSERT_TRUE(comes_to_nothing(kExport)) << i << ": " << value(kExport).value_or(-1);
    ASSERT_TRUE(comes_to_nothing(kRead)) << i << ": " << value(kRead).value_or(-1);
  }
}

TEST_F(PipelineLagTest, IsTheAgeOfTheOldestCommittedEventThatIsNotDelivered) {
  sink_.hold();
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return value(kExportKnown) == 1.0; }, 100ms));
  insert("old", 3h);
  const MonoTime begin = clock_.now();
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 1; }, 100ms));
  insert("new");
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 2; }, 100ms));
  EXPECT_TRUE(shows_export_lag(3h + (clock_.now() - begin)));
  clock_.advance(100s);
  EXPECT_TRUE(shows_export_lag(3h + (clock_.now() - begin)));
  EXPECT_TRUE(comes_to_nothing(kRead)) << "it is read, only not delivered";
  sink_.release();
  EXPECT_TRUE(comes_to_nothing(kExport));
}

TEST_F(PipelineLagTest, GrowsWhileTheDatastoreIsOutOfReachAsFastAsWhatIsMissed) {
  start();
  ASSERT_TRUE(has_just_answered());
  source_.cut = true;
  clock_.advance(500ms);  // the read under way ends
  ASSERT_TRUE(
      reactor_.eventually([&] { return value("health_events_exporter_source_errors_total").value_or(0) >= 1; }));
  const MonoTime missed = clock_.now();
  insert("missed");
  for (int i = 0; i < 10; ++i) {
    clock_.advance(60s);
    EXPECT_TRUE(shows_export_lag(clock_.now() - missed)) << i << ": " << value(kExport).value_or(-1);
    EXPECT_TRUE(shows_read_lag(clock_.now() - missed)) << i << ": " << value(kRead).value_or(-1);
  }
  source_.cut = false;
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 1; }, 100ms));
  EXPECT_TRUE(reactor_.eventually([&] { return near(value(kExport), 0s); }, 100ms));
}

TEST_F(PipelineLagTest, TheStagesOfAnEventAddUpToItsTimeFromCommitToAcceptance) {
  const auto sum = [&](const std::string& stage) {
    return value("health_events_exporter_event_stage_duration_seconds_sum{stage=\"" + stage + "\"}").value_or(-1);
  };
  sink_.hold();
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return value(kExportKnown) == 1.0; }, 100ms));
  insert("a", 30s);
  const MonoTime begin = clock_.now();
  ASSERT_TRUE(reactor_.eventually([&] { return sink_.bodies().size() == 1; }, 100ms));
  clock_.advance(7s);
  sink_.release();
  ASSERT_TRUE(reactor_.eventually(
      [&] { return value("health_events_exporter_events_published_total{status=\"success\"}") == 1.0; }));
  const double whole = std::chrono::duration<double>(30s + (clock_.now() - begin)).count();
  EXPECT_NEAR(sum("read") + sum("queue") + sum("deliver"), whole, 1e-6);
  EXPECT_GE(sum("read"), 30);
  EXPECT_GE(sum("deliver"), 7);
  EXPECT_EQ(value("health_events_exporter_publish_duration_seconds_sum"), sum("deliver"));
}

TEST_F(PipelineLagTest, WhatABackfillSendsIsInNoStage) {
  options_.reader.backfill = {.enabled = true, .max_age = 720h, .max_events = 10, .page_size = 10, .rate_limit = 0};
  insert("old", 100s);
  start();
  ASSERT_TRUE(reactor_.eventually(
      [&] { return value("health_events_exporter_backfill_events_processed_total") == 1.0; }, 100ms));
  EXPECT_EQ(value("health_events_exporter_event_stage_duration_seconds_count{stage=\"read\"}"), 0.0);
}

TEST_F(PipelineLagTest, ADatastoreThatKeepsEverythingHasRoomForEver) {
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return value(kHeadroom) == std::numeric_limits<double>::infinity(); }));
}

TEST_F(PipelineLagTest, TheHeadroomIsThatOfTheSavedPositionAndAskedAgainAndAgain) {
  retention_ = &datastore_;
  datastore_.answer(90s);
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return value(kHeadroom) == 90; }, 10ms));
  insert("a");
  datastore_.answer(80s);
  ASSERT_TRUE(reactor_.eventually([&] { return value(kHeadroom) == 80; }, 100ms));
  EXPECT_EQ(datastore_.asked(), (std::vector<std::string>{"memory/0", "memory/1"}));
  datastore_.answer(std::nullopt);
  ASSERT_TRUE(reactor_.eventually([&] { return !value(kHeadroom); }, 100ms));
  datastore_.answer(70s);
  ASSERT_TRUE(reactor_.eventually([&] { return value(kHeadroom) == 70; }, 100ms));
  datastore_.answer(fail(ErrorKind::transient, "away"));
  ASSERT_TRUE(reactor_.eventually([&] { return !value(kHeadroom); }, 100ms));
}

TEST_F(PipelineLagTest, WithoutTheRightTheHeadroomIsUnknownAndSeldomAskedFor) {
  retention_ = &datastore_;
  datastore_.answer(fail(ErrorKind::unauthorized, "may not"));
  start();
  ASSERT_TRUE(reactor_.eventually([&] { return datastore_.asked().size() == 2; }, 1s));
  EXPECT_GE(clock_.now() - began_, 10min);
  EXPECT_EQ(value(kHeadroom), std::nullopt);
  datastore_.answer(90s);
  ASSERT_TRUE(reactor_.eventually([&] { return value(kHeadroom) == 90; }, 1s));
}

}  // namespace
}  // namespace exporter::pipeline
