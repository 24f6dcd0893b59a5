#include "observability/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace exporter::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, ShowsUnlabelledSeriesFromTheStart) {
  const Metrics metrics;
  const std::string text = metrics.text();
  for (const char* line : {
           "# TYPE health_events_exporter_events_received_total counter\nhealth_events_exporter_events_received_total "
           "0\n",
           "\nhealth_events_exporter_transform_errors_total 0\n",
           "\nhealth_events_exporter_token_refresh_errors_total 0\n",
           "# TYPE health_events_exporter_resume_token_update_timestamp gauge\n"
           "health_events_exporter_resume_token_update_timestamp 0\n",
           "\nhealth_events_exporter_backfill_in_progress 0\n",
           "\nhealth_events_exporter_backfill_events_processed_total 0\n",
           "\nhealth_events_exporter_queue_bytes 0\n",
           "\nhealth_events_exporter_queue_events 0\n",
           "\nhealth_events_exporter_in_flight_requests 0\n",
           "\nhealth_events_exporter_oldest_unsettled_age_seconds 0\n",
           "\nhealth_events_exporter_checkpoint_saves_total 0\n",
           "\nhealth_events_exporter_checkpoint_errors_total 0\n",
           "\nhealth_events_exporter_source_errors_total 0\n",
           "\nhealth_events_exporter_lease_held 0\n",
           "\nhealth_events_exporter_lease_takeovers_total 0\n",
           "\nhealth_events_exporter_attempt_duration_seconds_count 0\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, HasSubstr("nvsentinel_feature_flag_enabled{"));
}

TEST(Metrics, ShowsLabelledSeriesFromFirstUse) {
  Metrics metrics;
  EXPECT_THAT(metrics.text(), Not(HasSubstr("events_published_total")));
  metrics.events_published.with("success").add();
  metrics.events_published.with("success").add(2);
  metrics.attempts.with("202").add();
  metrics.dead_letters.with("undecodable").add();
  metrics.publish_errors.with("max_retries_exceeded").add();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("\nhealth_events_exporter_events_published_total{status=\"success\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nhealth_events_exporter_attempts_total{status=\"202\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nhealth_events_exporter_dead_letters_total{reason=\"undecodable\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("\nhealth_events_exporter_publish_errors_total{error_type=\"max_retries_exceeded\"} 1\n"));
}

TEST(Metrics, KeepsTheBucketsOfTheIncumbent) {
  Metrics metrics;
  metrics.publish_duration.observe(0.003);
  metrics.publish_duration.observe(7);
  metrics.backfill_duration.observe(42);
  const std::string text = metrics.text();
  const std::string publish = "health_events_exporter_publish_duration_seconds";
  std::string expected = publish + "_count 2\n" + publish + "_sum 7.003\n" + publish + "_bucket{le=\"0.001\"} 0\n";
  for (const char* le : {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5"}) {
    expected += publish + "_bucket{le=\"" + le + "\"} 1\n";
  }
  expected += publish + "_bucket{le=\"+Inf\"} 2\n";
  EXPECT_THAT(text, HasSubstr(expected));
  const std::string backfill = "health_events_exporter_backfill_duration_seconds_bucket";
  for (const char* line :
       {"{le=\"1\"} 0", "{le=\"5\"} 0", "{le=\"10\"} 0", "{le=\"30\"} 0", "{le=\"60\"} 1", "{le=\"300\"} 1",
        "{le=\"600\"} 1", "{le=\"1800\"} 1", "{le=\"3600\"} 1", "{le=\"+Inf\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(backfill + line + "\n"));
  }
}

TEST(Metrics, ShowsTheProcess) {
  const Metrics metrics;
  const std::string text = metrics.text();
  for (const char* line : {"# TYPE process_cpu_seconds_total counter\n", "# TYPE process_resident_memory_bytes gauge\n",
                           "# TYPE process_start_time_seconds gauge\n", "# TYPE process_open_fds gauge\n",
                           "# TYPE process_virtual_memory_bytes gauge\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&metrics, t] {
        for (int i = 0; i < 1000; ++i) {
          metrics.attempts.with(t % 2 == 0 ? "200" : "503").add();
          metrics.events_received.add();
          metrics.queue_bytes.set(i);
        }
      });
    }
  }
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("attempts_total{status=\"200\"} 2000\n"));
  EXPECT_THAT(text, HasSubstr("attempts_total{status=\"503\"} 2000\n"));
  EXPECT_THAT(text, HasSubstr("events_received_total 4000\n"));
}

}  // namespace
}  // namespace exporter::metrics
