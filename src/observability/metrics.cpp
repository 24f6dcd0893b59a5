#include "observability/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "observability/process_stats.h"

namespace exporter::metrics {

namespace {

using prometheus::Histogram;

constexpr std::string_view kPrefix = "health_events_exporter_";

// The first two are the incumbent's, so that its dashboards and recorded quantiles go on; attempts are ours and end at
// the sink's default timeout.
const Histogram::BucketBoundaries kPublishSeconds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
const Histogram::BucketBoundaries kBackfillSeconds = {1, 5, 10, 30, 60, 300, 600, 1800, 3600};
const Histogram::BucketBoundaries kAttemptSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,   0.5,   1,      2.5,   5,    10,    30};

class CounterHandle final : public Counter {
 public:
  explicit CounterHandle(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }

 private:
  prometheus::Counter& counter_;
};

class GaugeHandle final : public Gauge {
 public:
  explicit GaugeHandle(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramHandle final : public metrics::Histogram {
 public:
  explicit HistogramHandle(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

// Remembers the series already made: the library would hash the labels on each call.
class FamilyHandle final : public CounterFamily {
 public:
  FamilyHandle(prometheus::Family<prometheus::Counter>& family, std::string label)
      : family_(family), label_(std::move(label)) {}

  Counter& with(std::string_view label_value) override {
    MutexLock lock(mutex_);
    auto found = counters_.find(label_value);
    if (found == counters_.end()) {
      std::string value(label_value);
      prometheus::Counter& counter = family_.Add({{label_, value}});
      found = counters_.try_emplace(std::move(value), counter).first;
    }
    return found->second;
  }

 private:
  prometheus::Family<prometheus::Counter>& family_;
  const std::string label_;
  Mutex mutex_;
  std::map<std::string, CounterHandle, std::less<>> counters_ EXPORTER_GUARDED_BY(mutex_);
};

prometheus::MetricFamily process_metric(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::MetricFamily family{name, help, type, {}};
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return family;
}

void append_process_metrics(std::vector<prometheus::MetricFamily>& out) {
  using prometheus::MetricType;
  const ProcessStats stats = read_process_stats();
  out.push_back(process_metric("process_cpu_seconds_total", "User and system CPU time spent.", MetricType::Counter,
                               stats.cpu_seconds));
  out.push_back(
      process_metric("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge, stats.max_fds));
  out.push_back(process_metric("process_open_fds", "File descriptors open now.", MetricType::Gauge, stats.open_fds));
  out.push_back(process_metric("process_resident_memory_bytes", "Resident memory in bytes.", MetricType::Gauge,
                               stats.resident_bytes));
  out.push_back(process_metric("process_start_time_seconds", "Start of the process in Unix seconds.", MetricType::Gauge,
                               stats.start_time_seconds));
  out.push_back(process_metric("process_virtual_memory_bytes", "Virtual memory in bytes.", MetricType::Gauge,
                               stats.virtual_bytes));
}

}  // namespace

// Owns the registry and the handles. Deques, because the handles are referred to and must not move.
struct Metrics::Impl {
  prometheus::Registry registry;
  std::deque<CounterHandle> counters;
  std::deque<GaugeHandle> gauges;
  std::deque<HistogramHandle> histograms;
  std::deque<FamilyHandle> families;

  Counter& counter(std::string_view name, const char* help) {
    auto& family = prometheus::BuildCounter().Name(prefixed(name)).Help(help).Register(registry);
    return counters.emplace_back(family.Add({}));
  }

  Gauge& gauge(std::string_view name, const char* help) {
    auto& family = prometheus::BuildGauge().Name(prefixed(name)).Help(help).Register(registry);
    return gauges.emplace_back(family.Add({}));
  }

  metrics::Histogram& histogram(std::string_view name, const char* help,
                                const prometheus::Histogram::BucketBoundaries& buckets) {
    auto& family = prometheus::BuildHistogram().Name(prefixed(name)).Help(help).Register(registry);
    return histograms.emplace_back(family.Add({}, buckets));
  }

  CounterFamily& family(std::string_view name, const char* label, const char* help) {
    auto& made = prometheus::BuildCounter().Name(prefixed(name)).Help(help).Register(registry);
    return families.emplace_back(made, label);
  }

  // Shared by all modules of the system, hence without our prefix.
  Gauge& feature_flag(const char* flag) {
    auto& made = prometheus::BuildGauge()
                     .Name("nvsentinel_feature_flag_enabled")
                     .Help("1 if the feature is enabled in this service, 0 if not.")
                     .Register(registry);
    return gauges.emplace_back(made.Add({{"service", "event-exporter"}, {"flag", flag}}));
  }

  static std::string prefixed(std::string_view name) { return std::string(kPrefix).append(name); }
};

Metrics::Metrics() : Metrics(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Metrics::Metrics(std::unique_ptr<Impl> impl)
    : events_received(impl->counter("events_received_total", "Events received from the live stream.")),
      events_published(impl->family("events_published_total", "status",
                                    "Events accepted (success), or out of retries or set aside (failure).")),
      publish_duration(impl->histogram("publish_duration_seconds",
                                       "From the first attempt to acceptance, retries included.", kPublishSeconds)),
      transform_errors(impl->counter("transform_errors_total", "Events that could not be decoded.")),
      publish_errors(impl->family("publish_errors_total", "error_type",
                                  "Events whose retries are used up, or that the sink refused for good.")),
      token_refresh_errors(impl->counter("token_refresh_errors_total", "Failed fetches of an OIDC token.")),
      resume_token_update(
          impl->gauge("resume_token_update_timestamp", "Unix seconds of the last saved checkpoint, 0 if none.")),
      backfill_in_progress(impl->gauge("backfill_in_progress", "1 while a backfill runs.")),
      backfill_events(impl->counter("backfill_events_processed_total", "Events published by the backfill.")),
      backfill_duration(
          impl->histogram("backfill_duration_seconds", "Duration of a whole backfill.", kBackfillSeconds)),
      attempts(impl->family("attempts_total", "status", "Requests to the sink, by status code or failure.")),
      attempt_duration(
          impl->histogram("attempt_duration_seconds", "One request to the sink, without retries.", kAttemptSeconds)),
      queue_bytes(impl->gauge("queue_bytes", "Bytes of the events held, waiting or in flight.")),
      queue_events(impl->gauge("queue_events", "Events held, waiting or in flight.")),
      in_flight(impl->gauge("in_flight_requests", "Requests to the sink that wait for their answer.")),
      retries_waiting(impl->gauge("retries_waiting", "Events that wait for their next attempt.")),
      sink_paused(impl->gauge("sink_paused", "1 while the sink takes nothing and one request at a time probes it.")),
      lane_relaxations(
          impl->counter("lane_relaxations_total", "How often a node's backlog was allowed to go out in parallel.")),
      oldest_unsettled_age(impl->gauge("oldest_unsettled_age_seconds",
                                       "Since the oldest unsettled event was read; 0 when nothing waits.")),
      dead_letters(impl->family("dead_letters_total", "reason", "Events set aside as dead letters.")),
      checkpoint_saves(impl->counter("checkpoint_saves_total", "Checkpoints saved.")),
      checkpoint_errors(impl->counter("checkpoint_errors_total", "Checkpoints that could not be saved.")),
      source_errors(impl->counter("source_errors_total", "Failed reads of the datastore.")),
      lease_held(impl->gauge("lease_held", "1 while this process may send, 0 while it is standby.")),
      lease_takeovers(impl->counter("lease_takeovers_total", "How often this process took the lease.")),
      spans_exported(impl->counter("spans_exported_total", "Spans of traces that the collector took.")),
      spans_dropped(impl->family("spans_dropped_total", "reason", "Spans of traces that were not sent.")),
      backfill_enabled_flag(impl->feature_flag("backfill_enabled")),
      impl_(std::move(impl)) {}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  append_process_metrics(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace exporter::metrics
