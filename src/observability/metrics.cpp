#include "observability/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <limits>
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
// From what an idle machine needs to what an outage takes.
const Histogram::BucketBoundaries kStageSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                   1,      2.5,   5,      10,    30,   60,    300,  900, 3600};
const Histogram::BucketBoundaries kSaveSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                  0.25,  0.5,    1,     2.5,  5,     10};

// What the metrics of the store client carry in every module of the system.
const prometheus::Labels kClient = {{"client", "event-exporter"}};

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
template <class Handle>
class SeriesByLabel {
 public:
  // `add`: makes the series with these labels. `constant`: the labels that all of them have.
  using Add = std::function<Handle(const prometheus::Labels&)>;
  SeriesByLabel(std::string label, prometheus::Labels constant, Add add)
      : label_(std::move(label)), constant_(std::move(constant)), add_(std::move(add)) {}

  Handle& with(std::string_view label_value) {
    MutexLock lock(mutex_);
    auto found = series_.find(label_value);
    if (found == series_.end()) {
      std::string value(label_value);
      prometheus::Labels labels = constant_;
      labels[label_] = value;
      found = series_.try_emplace(std::move(value), add_(labels)).first;
    }
    return found->second;
  }

 private:
  const std::string label_;
  const prometheus::Labels constant_;
  const Add add_;
  Mutex mutex_;
  std::map<std::string, Handle, std::less<>> series_ EXPORTER_GUARDED_BY(mutex_);
};

class FamilyHandle final : public CounterFamily {
 public:
  FamilyHandle(prometheus::Family<prometheus::Counter>& family, std::string label, prometheus::Labels constant)
      : series_(std::move(label), std::move(constant),
                [&family](const prometheus::Labels& labels) { return CounterHandle(family.Add(labels)); }) {}
  Counter& with(std::string_view label_value) override { return series_.with(label_value); }

 private:
  SeriesByLabel<CounterHandle> series_;
};

class HistogramFamilyHandle final : public HistogramFamily {
 public:
  HistogramFamilyHandle(prometheus::Family<prometheus::Histogram>& family, std::string label,
                        const Histogram::BucketBoundaries& buckets)
      : series_(std::move(label), {}, [&family, &buckets](const prometheus::Labels& labels) {
          return HistogramHandle(family.Add(labels, buckets));
        }) {}
  metrics::Histogram& with(std::string_view label_value) override { return series_.with(label_value); }

 private:
  SeriesByLabel<HistogramHandle> series_;
};

class InfoHandle final : public Info {
 public:
  InfoHandle(prometheus::Family<prometheus::Gauge>& family, std::array<std::string, 2> labels)
      : family_(family), labels_(std::move(labels)) {}
  void set(std::string_view first, std::string_view second) override {
    family_.Add({{labels_[0], std::string(first)}, {labels_[1], std::string(second)}}).Set(1);
  }

 private:
  prometheus::Family<prometheus::Gauge>& family_;
  const std::array<std::string, 2> labels_;
};

// The library has no gauge that can be absent, and none that is counted when it is read: these are shown by us.
class Shown {
 public:
  Shown(std::string name, std::string help, const prometheus::Labels& labels)
      : name_(std::move(name)), help_(std::move(help)), labels_(labels) {}
  virtual ~Shown() = default;
  virtual void show(std::vector<prometheus::MetricFamily>& out) const = 0;

 protected:
  void append(std::vector<prometheus::MetricFamily>& out, const std::string& name, const std::string& help,
              double value) const {
    prometheus::MetricFamily family{name, help, prometheus::MetricType::Gauge, {}};
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    for (const auto& [key, text] : labels_) {
      metric.label.push_back({key, text});
    }
    metric.gauge.value = value;
    out.push_back(std::move(family));
  }

  const std::string name_;
  const std::string help_;
  const prometheus::Labels labels_;
};

class OptionalGaugeHandle final : public OptionalGauge, public Shown {
 public:
  using Shown::Shown;
  void set(std::optional<double> value) override {
    value_.store(value.value_or(std::numeric_limits<double>::quiet_NaN()), std::memory_order_relaxed);
  }
  void show(std::vector<prometheus::MetricFamily>& out) const override {
    if (const double value = value_.load(std::memory_order_relaxed); value == value) {
      append(out, name_, help_, value);
    }
  }

 private:
  std::atomic<double> value_ = std::numeric_limits<double>::quiet_NaN();
};

class AgeHandle final : public Age, public Shown {
 public:
  enum class WithoutMoment : unsigned char { zero, absent, absent_and_said };  // said: by a second gauge, 0 or 1
  // absent_and_said: the names are `name` with _seconds and with _known.
  AgeHandle(const Clock& clock, std::string name, std::string help, const prometheus::Labels& labels,
            WithoutMoment without)
      : Shown(std::move(name), std::move(help), labels), clock_(clock), without_(without) {}
  void since(std::optional<MonoTime> moment) override {
    since_.store(moment.value_or(kNever).time_since_epoch().count(), std::memory_order_relaxed);
  }
  void show(std::vector<prometheus::MetricFamily>& out) const override {
    const MonoTime since{Duration(since_.load(std::memory_order_relaxed))};
    const bool known = since != kNever;
    const double age = known ? std::chrono::duration<double>(clock_.now() - since).count() : 0;
    const bool said = without_ == WithoutMoment::absent_and_said;
    if (known || without_ == WithoutMoment::zero) {
      append(out, said ? name_ + "_seconds" : name_, help_, std::max(age, 0.0));
    }
    if (said) {
      append(out, name_ + "_known", "1 if " + name_ + "_seconds is known, 0 if not; then that series is absent.",
             known ? 1 : 0);
    }
  }

 private:
  const Clock& clock_;
  const WithoutMoment without_;
  std::atomic<Duration::rep> since_ = kNever.time_since_epoch().count();
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
  // With the machine's clock.
  Impl() : own_clock(std::make_unique<SystemClock>()), clock(*own_clock) {}
  explicit Impl(const Clock& given) : clock(given) {}

  std::unique_ptr<SystemClock> own_clock;
  const Clock& clock;
  prometheus::Registry registry;
  std::deque<CounterHandle> counters;
  std::deque<GaugeHandle> gauges;
  std::deque<HistogramHandle> histograms;
  std::deque<FamilyHandle> families;
  std::deque<HistogramFamilyHandle> histogram_families;
  std::deque<InfoHandle> infos;
  std::deque<OptionalGaugeHandle> optional_gauges;
  std::deque<AgeHandle> ages;

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
    return families.emplace_back(made, label, prometheus::Labels());
  }

  HistogramFamily& histogram_family(std::string_view name, const char* label, const char* help,
                                    const prometheus::Histogram::BucketBoundaries& buckets) {
    auto& made = prometheus::BuildHistogram().Name(prefixed(name)).Help(help).Register(registry);
    return histogram_families.emplace_back(made, label, buckets);
  }

  Info& info(std::string_view name, const char* first, const char* second, const char* help) {
    auto& made = prometheus::BuildGauge().Name(prefixed(name)).Help(help).Register(registry);
    return infos.emplace_back(made, std::array<std::string, 2>{first, second});
  }

  OptionalGauge& optional_gauge(std::string_view name, const char* help) {
    return optional_gauges.emplace_back(prefixed(name), help, prometheus::Labels());
  }

  // 0 without a moment.
  Age& age(std::string_view name, const char* help) {
    return ages.emplace_back(clock, prefixed(name), help, prometheus::Labels(), AgeHandle::WithoutMoment::zero);
  }

  Age& optional_age(std::string_view name, const char* help) {
    return ages.emplace_back(clock, prefixed(name), help, prometheus::Labels(), AgeHandle::WithoutMoment::absent);
  }

  // NAME_seconds, and NAME_known beside it.
  Age& lag(std::string_view name, const char* help) {
    return ages.emplace_back(clock, prefixed(name), help, prometheus::Labels(),
                             AgeHandle::WithoutMoment::absent_and_said);
  }

  // Those of the system's store client, hence without our prefix.
  Age& stream_lag(const char* name, const char* help) {
    return ages.emplace_back(clock, name, help, kClient, AgeHandle::WithoutMoment::absent_and_said);
  }
  CounterFamily& stream_family(const char* name, const char* label, const char* help) {
    auto& made = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    return families.emplace_back(made, label, kClient);
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
Metrics::Metrics(const Clock& clock) : Metrics(std::make_unique<Impl>(clock)) {}
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
      events_filtered(impl->counter("events_filtered_total", "Events that the filter held back.")),
      filter_errors(
          impl->counter("filter_errors_total", "Events that the filter could not judge; they were exported.")),
      token_refresh_errors(impl->counter("token_refresh_errors_total", "Failed fetches of an OIDC token.")),
      resume_token_update(
          impl->gauge("resume_token_update_timestamp", "Unix seconds of the last saved checkpoint, 0 if none.")),
      backfill_in_progress(impl->gauge("backfill_in_progress", "1 while a backfill runs.")),
      backfill_events(impl->counter("backfill_events_processed_total", "Events published by the backfill.")),
      backfill_duration(
          impl->histogram("backfill_duration_seconds", "Duration of a whole backfill.", kBackfillSeconds)),
      stream_lag(impl->stream_lag(
          "change_stream_lag", "Seconds behind the datastore's stream: since all that was committed had been read.")),
      recoveries(
          impl->stream_family("change_stream_resume_token_recoveries_total", "phase",
                              "How often the stream's position was lost and the stored events were read again.")),
      build_info(impl->info("build_info", "version", "commit", "1; the labels say which build this is.")),
      attempts(impl->family("attempts_total", "status", "Requests to the sink, by status code or failure.")),
      attempt_duration(
          impl->histogram("attempt_duration_seconds", "One request to the sink, without retries.", kAttemptSeconds)),
      stages(impl->histogram_family("event_stage_duration_seconds", "stage",
                                    "Where an event's time went, from its commit in the datastore to acceptance.",
                                    kStageSeconds)),
      export_lag(impl->lag("export_lag", "Age of the oldest committed event that is not delivered.")),
      headroom(impl->optional_gauge("headroom_seconds",
                                    "How much longer the datastore keeps what follows the saved position.")),
      read_queue_bytes(
          impl->gauge("read_queue_bytes", "Bytes of the events read and not yet taken by the delivery loop.")),
      queue_bytes(impl->gauge("queue_bytes", "Bytes of the events held, waiting or in flight.")),
      queue_events(impl->gauge("queue_events", "Events held, waiting or in flight.")),
      in_flight(impl->gauge("in_flight_requests", "Requests to the sink that wait for their answer.")),
      concurrency_limit(impl->gauge("concurrency_limit", "Requests that may be in flight now.")),
      retries_waiting(impl->gauge("retries_waiting", "Events that wait for their next attempt.")),
      sink_paused(impl->gauge("sink_paused", "1 while the sink takes nothing and one request at a time probes it.")),
      lane_relaxations(
          impl->counter("lane_relaxations_total", "How often a node's backlog was allowed to go out in parallel.")),
      oldest_unsettled_age(impl->age("oldest_unsettled_age_seconds",
                                     "Since the oldest unsettled event was read; 0 when nothing waits.")),
      dead_letters(impl->family("dead_letters_total", "reason", "Events set aside as dead letters.")),
      dead_letters_stored(impl->optional_gauge("dead_letters_stored", "Dead letters in the datastore.")),
      checkpoint_saves(impl->counter("checkpoint_saves_total", "Checkpoints saved.")),
      checkpoint_errors(impl->counter("checkpoint_errors_total", "Checkpoints that could not be saved.")),
      checkpoint_duration(impl->histogram("checkpoint_save_duration_seconds",
                                          "From asking for a save to its answer, failed ones included.", kSaveSeconds)),
      checkpoint_age(
          impl->age("checkpoint_age_seconds", "Age of the oldest progress that is not saved; 0 when all is.")),
      settled_ahead(impl->gauge("settled_ahead_events",
                                "Settled events behind one that is not: a restart does not send them again.")),
      duplicates_avoided(
          impl->counter("duplicates_avoided_total",
                        "Settled events that a restart did not send again, though one before them was not.")),
      source_errors(impl->counter("source_errors_total", "Failed reads of the datastore.")),
      token_refreshes(impl->counter("token_refreshes_total", "OIDC tokens fetched.")),
      token_age(impl->optional_age("token_age_seconds", "Since the usable OIDC token was fetched.")),
      token_expiry(
          impl->optional_gauge("token_expiry_timestamp_seconds", "End of the usable OIDC token in Unix seconds.")),
      lease_held(impl->gauge("lease_held", "1 while this process may send, 0 while it is standby.")),
      lease_takeovers(impl->counter("lease_takeovers_total", "How often this process took the lease.")),
      spans_exported(impl->counter("spans_exported_total", "Spans of traces that the collector took.")),
      spans_dropped(impl->family("spans_dropped_total", "reason", "Spans of traces that were not sent.")),
      backfill_enabled_flag(impl->feature_flag("backfill_enabled")),
      impl_(std::move(impl)) {
  // increase() does not see the step from no series to 1. The incumbent's appear with their first use, as there.
  for (const char* const reason : {"undecodable", "refused", "exhausted"}) {
    dead_letters.with(reason);
  }
  for (const char* const phase : {"initialization", "runtime"}) {
    recoveries.with(phase);
  }
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (const OptionalGaugeHandle& gauge : impl_->optional_gauges) {
    gauge.show(families);
  }
  for (const AgeHandle& age : impl_->ages) {
    age.show(families);
  }
  append_process_metrics(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace exporter::metrics
