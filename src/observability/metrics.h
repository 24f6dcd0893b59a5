// The metric handles, by name, with the registry's library (prometheus-cpp) hidden.
//
// Each handle is fed by one part of the program and shown on /metrics from the start with 0 (labelled families: from
// first use, as the incumbent's; what is not known: not at all). Names, types and labels of the incumbent are kept to
// the letter; docs/metrics.md lists all and is checked against this file. Thread-safety: handles may be used from any
// thread and cost a few nanoseconds; with() takes a lock, so whoever counts each event keeps what it returns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace exporter::metrics {

// A number that only grows.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1.0) = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

// A number that may be unknown; then its series is absent.
class OptionalGauge {
 public:
  virtual ~OptionalGauge() = default;
  virtual void set(std::optional<double> value) = 0;
};

// A moment, shown as the seconds since then, counted when /metrics is read: it goes on growing when whoever feeds it
// stands still.
class Age {
 public:
  virtual ~Age() = default;
  // Nothing: there is no such moment now; the series shows 0, or is absent where that is said below.
  virtual void since(std::optional<MonoTime> moment) = 0;
};

// A counter family with one label; the values come from a small closed set.
class CounterFamily {
 public:
  virtual ~CounterFamily() = default;
  virtual Counter& with(std::string_view label_value) = 0;
};

class HistogramFamily {
 public:
  virtual ~HistogramFamily() = default;
  virtual Histogram& with(std::string_view label_value) = 0;
};

// A constant 1 whose two labels say something.
class Info {
 public:
  virtual ~Info() = default;
  // Once.
  virtual void set(std::string_view first, std::string_view second) = 0;
};

class Metrics {
 public:
  // With the machine's clock.
  Metrics();
  // `clock` counts the ages; it must outlive this object.
  explicit Metrics(const Clock& clock);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Prometheus text format 0.0.4 of everything, process metrics included.
  [[nodiscard]] std::string text() const;

  // --- the incumbent's (names in metrics.cpp, prefix health_events_exporter_) ---
  Counter& events_received;         // events_received_total: from the live stream
  CounterFamily& events_published;  // events_published_total{status="success"|"failure"}: see publish_errors
  Histogram& publish_duration;      // publish_duration_seconds: first attempt to acceptance, retries included
  Counter& transform_errors;        // transform_errors_total: events that could not be decoded
  CounterFamily& publish_errors;    // publish_errors_total{error_type="max_retries_exceeded"|"refused"}
  Counter& events_filtered;         // events_filtered_total: held back by the filter; they count as received too
  Counter& filter_errors;           // filter_errors_total: events that the filter could not judge, exported
  Counter& token_refresh_errors;    // token_refresh_errors_total: failed fetches
  Gauge& resume_token_update;       // resume_token_update_timestamp: Unix seconds of the last saved checkpoint
  Gauge& backfill_in_progress;      // 0 or 1
  Counter& backfill_events;         // backfill_events_processed_total
  Histogram& backfill_duration;     // backfill_duration_seconds
  Age& stream_lag;                  // change_stream_lag_seconds{client}, absent until known; change_stream_lag_known
  CounterFamily& recoveries;        // change_stream_resume_token_recoveries_total{client,phase}

  // --- ours ---
  Info& build_info;                    // build_info{version,commit}
  CounterFamily& attempts;             // attempts_total{status="202"|...|"timeout"|...}
  Histogram& attempt_duration;         // attempt_duration_seconds: one attempt, without retries
  HistogramFamily& stages;             // event_stage_duration_seconds{stage="read"|"queue"|"deliver"}
  Age& export_lag;                     // export_lag_seconds, absent until known; export_lag_known: see pipeline/lag.h
  OptionalGauge& headroom;             // headroom_seconds; +Inf: nothing was dropped so far; absent: not known
  Gauge& read_queue_bytes;             // read_queue_bytes: read and prepared, not yet taken by the loop
  Gauge& queue_bytes;                  // queue_bytes: events held, waiting or in flight
  Gauge& queue_events;                 // queue_events
  Gauge& in_flight;                    // in_flight_requests
  Gauge& concurrency_limit;            // concurrency_limit: requests that may be in flight now
  Gauge& retries_waiting;              // retries_waiting: events that wait for their next attempt
  Gauge& sink_paused;                  // sink_paused: 1 while the gate is shut and one request at a time probes
  Counter& lane_relaxations;           // lane_relaxations_total: a node's backlog was allowed to go out in parallel
  Age& oldest_unsettled_age;           // oldest_unsettled_age_seconds: since it was read; 0 when nothing waits
  CounterFamily& dead_letters;         // dead_letters_total{reason="undecodable"|"refused"|"exhausted"}
  OptionalGauge& dead_letters_stored;  // dead_letters_stored: in the datastore; absent while not known
  Counter& checkpoint_saves;           // checkpoint_saves_total
  Counter& checkpoint_errors;          // checkpoint_errors_total
  Histogram& checkpoint_duration;      // checkpoint_save_duration_seconds: failed ones included
  Age& checkpoint_age;                 // checkpoint_age_seconds: of the oldest progress not saved; 0 when all is
  Gauge& settled_ahead;                // settled_ahead_events: settled behind one that is not
  Counter& duplicates_avoided;         // duplicates_avoided_total: such events that a restart did not send again
  Counter& source_errors;              // source_errors_total: failed reads of the datastore
  Counter& token_refreshes;            // token_refreshes_total: tokens fetched
  Age& token_age;                      // token_age_seconds: of the usable token, absent without one
  OptionalGauge& token_expiry;         // token_expiry_timestamp_seconds: Unix, absent without a usable token
  Gauge& lease_held;                   // lease_held: 0 or 1: this process may send
  Counter& lease_takeovers;            // lease_takeovers_total: by this process
  Counter& spans_exported;             // spans_exported_total: that the collector took
  CounterFamily& spans_dropped;        // spans_dropped_total{reason="queue_full"|"export_failed"|"shutdown"}

  // nvsentinel_feature_flag_enabled{service="event-exporter",flag="backfill_enabled"}
  Gauge& backfill_enabled_flag;

 private:
  struct Impl;
  explicit Metrics(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::metrics
