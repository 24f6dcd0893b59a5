#include "tracing/span_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>

namespace exporter::tracing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::HasSubstr;

// A collector that answers as it is told, or not at all until it is cancelled.
class FakeSender final : public Sender {
 public:
  struct State {
    Mutex mutex;
    std::condition_variable_any changed;
    std::deque<Sent> answers EXPORTER_GUARDED_BY(mutex);  // then: ok
    bool silent EXPORTER_GUARDED_BY(mutex) = false;
    bool cancelled EXPORTER_GUARDED_BY(mutex) = false;
    std::size_t sends EXPORTER_GUARDED_BY(mutex) = 0;
    std::vector<std::string> names EXPORTER_GUARDED_BY(mutex);  // of the spans that were taken

    void wait_for_sends(std::size_t count) {
      MutexLock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, hours(1), [&]() EXPORTER_REQUIRES(mutex) { return sends >= count; }));
    }
    std::size_t taken() {
      MutexLock lock(mutex);
      return names.size();
    }
    void wait_for_taken(std::size_t count) {
      MutexLock lock(mutex);
      ASSERT_TRUE(changed.wait_for(lock, hours(1), [&]() EXPORTER_REQUIRES(mutex) { return names.size() >= count; }));
    }
  };

  explicit FakeSender(State& state) : state_(state) {}

  Sent send(std::span<const Span> spans, Duration /*patience*/) override {
    MutexLock lock(state_.mutex);
    ++state_.sends;
    state_.changed.notify_all();
    State& state = state_;
    state_.changed.wait(lock, [&]() EXPORTER_REQUIRES(state.mutex) { return !state.silent || state.cancelled; });
    if (state_.cancelled) {
      return {.error = "cancelled"};
    }
    Sent answer{.ok = true, .error = {}};
    if (!state_.answers.empty()) {
      answer = state_.answers.front();
      state_.answers.pop_front();
    }
    if (answer.ok) {
      for (const Span& span : spans) {
        state_.names.push_back(span.name);
      }
      state_.changed.notify_all();
    }
    return answer;
  }

  void cancel() override {
    MutexLock lock(state_.mutex);
    state_.cancelled = true;
    state_.changed.notify_all();
  }

 private:
  State& state_;
};

class SpanExporterTest : public ::testing::Test {
 protected:
  void start(ExportOptions options = {
                 .max_queue = 8, .max_batch = 2, .delay = hours(1), .first_retry = milliseconds(1)}) {
    exporter_ =
        std::make_unique<SpanExporter>(options, EventSpans({}, 1), std::make_unique<FakeSender>(state_), metrics_);
  }
  void put(const std::string& name) {
    Span span;
    span.name = name;
    exporter_->put(std::move(span));
  }
  void answer(Sent sent) {
    MutexLock lock(state_.mutex);
    state_.answers.push_back(std::move(sent));
  }
  void be_silent() {
    MutexLock lock(state_.mutex);
    state_.silent = true;
  }
  double dropped(const std::string& reason) {
    const std::string text = metrics_.text();
    const std::string series = "\nhealth_events_exporter_spans_dropped_total{reason=\"" + reason + "\"} ";
    const std::size_t place = text.find(series);
    return place == std::string::npos ? -1 : std::stod(text.substr(place + series.size()));
  }

  metrics::Metrics metrics_;
  FakeSender::State state_;
  std::unique_ptr<SpanExporter> exporter_;
};

TEST_F(SpanExporterTest, SendsABatchWhenItIsFullAndTheRestAtTheEnd) {
  start();
  put("a");
  put("b");
  state_.wait_for_taken(2);
  put("c");
  exporter_->close(hours(1));
  MutexLock lock(state_.mutex);
  EXPECT_EQ(state_.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_THAT(metrics_.text(), HasSubstr("\nhealth_events_exporter_spans_exported_total 3\n"));
}

TEST_F(SpanExporterTest, SendsAPartOfABatchAfterTheDelay) {
  start({.max_queue = 8, .max_batch = 4, .delay = milliseconds(1)});
  put("a");
  state_.wait_for_taken(1);
}

TEST_F(SpanExporterTest, ACollectorThatIsSilentCostsTheSpansAndNothingElse) {
  start();
  be_silent();
  put("a");
  put("b");
  state_.wait_for_sends(1);  // and stays there
  EXPECT_TRUE(exporter_->has_room());
  for (int i = 0; i < 8; ++i) {
    put("queued");
  }
  EXPECT_FALSE(exporter_->has_room());  // counts an event's four
  put("one too many");
  EXPECT_EQ(dropped("queue_full"), 5);
  exporter_->close(Duration::zero());
  EXPECT_EQ(dropped("queue_full") + dropped("shutdown") + dropped("export_failed"), 15);
  EXPECT_EQ(state_.taken(), 0U);
}

TEST_F(SpanExporterTest, TriesAgainWhatMaySucceedLater) {
  start();
  answer({.again = true, .error = "unavailable"});
  answer({.again = true, .error = "unavailable"});
  put("a");
  put("b");
  state_.wait_for_taken(2);
  exporter_->close(hours(1));
  EXPECT_EQ(dropped("export_failed"), 0);
}

TEST_F(SpanExporterTest, DropsABatchThatIsRefusedAndGoesOn) {
  start();
  answer({.error = "gRPC status 16: who are you"});
  for (const char* name : {"a", "b", "c", "d"}) {
    put(name);
  }
  state_.wait_for_taken(2);
  exporter_->close(hours(1));
  EXPECT_EQ(dropped("export_failed"), 2);
}

TEST_F(SpanExporterTest, GivesUpABatchAfterItsTime) {
  start({.max_queue = 8, .max_batch = 1, .delay = hours(1), .first_retry = hours(1), .give_up = milliseconds(1)});
  answer({.again = true, .error = "unavailable"});
  put("a");
  put("b");
  state_.wait_for_taken(1);
  EXPECT_EQ(dropped("export_failed"), 1);
}

TEST_F(SpanExporterTest, CountsWhatTheCollectorRejected) {
  start();
  answer({.ok = true, .rejected = 1, .error = "too old"});
  put("a");
  put("b");
  state_.wait_for_taken(2);
  exporter_->close(hours(1));
  EXPECT_EQ(dropped("export_failed"), 1);
  EXPECT_THAT(metrics_.text(), HasSubstr("\nhealth_events_exporter_spans_exported_total 1\n"));
}

TEST_F(SpanExporterTest, WaitsForNoRetryAtTheEnd) {
  start({.max_queue = 8,
         .max_batch = 1,
         .delay = hours(1),
         .first_retry = hours(1),
         .max_retry = hours(1),
         .give_up = hours(9)});
  answer({.again = true, .error = "unavailable"});
  put("a");
  state_.wait_for_sends(1);
  exporter_->close(hours(1));  // once more, which succeeds
  EXPECT_EQ(state_.taken(), 1U);
}

TEST_F(SpanExporterTest, TheEndDoesNotWaitLongerThanItMay) {
  start();
  be_silent();
  put("a");
  put("b");
  state_.wait_for_sends(1);
  const auto before = std::chrono::steady_clock::now();
  exporter_->close(milliseconds(10));
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(10));
  put("late");
  EXPECT_EQ(dropped("shutdown"), 1);
}

TEST_F(SpanExporterTest, ARecordOfMoreSpansThanTheQueueHoldsGoesInAlone) {
  start({.max_queue = 1, .max_batch = 1, .delay = hours(1)});
  auto trace = std::make_unique<event::EventTrace>();
  trace->attempt.number = 1;
  trace->attempt.status = 202;
  exporter_->put(SettledEvent{std::move(trace), {}});
  state_.wait_for_taken(4);
}

}  // namespace
}  // namespace exporter::tracing
