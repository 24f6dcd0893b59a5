#include "app/service.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "admin/server.h"
#include "app/datastore.h"
#include "app/holder_name.h"
#include "app/live_status.h"
#include "app/module_options.h"
#include "app/signals.h"
#include "app/traces.h"
#include "auth/oidc.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "checkpoint/tenure.h"
#include "filter/program.h"
#include "observability/log.h"
#include "observability/metrics.h"
#include "pipeline/board.h"
#include "pipeline/lease_keeper.h"
#include "pipeline/pipeline.h"
#include "pipeline/worker_thread.h"
#include "sink/http/asio_reactor.h"
#include "sink/http/http_sink.h"
#include "status/json.h"
#include "status/recent.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::app {

namespace {

constexpr Duration kGoodbye = std::chrono::seconds(1);
constexpr Duration kLastTraces = std::chrono::seconds(2);

int report(const Error& error) {
  log::tell_left_out();
  log::error(
      "Fatal error",
      {{"error", error},
       {"action", error.kind == ErrorKind::invalid
                      ? "the program ends; mend the cause, event-exporter check-config looks without starting"
                      : "the program ends; mend the cause and start it again, it goes on at the saved position"}},
      log::Repeats::written);
  return error.kind == ErrorKind::invalid ? 2 : 1;
}

std::uint64_t at_least_zero(std::int64_t value) { return value > 0 ? static_cast<std::uint64_t>(value) : 0; }

pipeline::OnExhausted on_exhausted(config::OnExhausted chosen) {
  switch (chosen) {
    case config::OnExhausted::isolate:
      break;
    case config::OnExhausted::wait:
      return pipeline::OnExhausted::wait;
    case config::OnExhausted::dead_letter:
      return pipeline::OnExhausted::dead_letter;
    case config::OnExhausted::exit:
      return pipeline::OnExhausted::exit;
  }
  return pipeline::OnExhausted::isolate;
}

pipeline::PipelineOptions pipeline_options(const config::Config& config, const Clock& clock) {
  pipeline::PipelineOptions options = delivery_options(config, clock);
  pipeline::HeartOptions& heart = options.heart;
  heart.max_retries = static_cast<std::uint32_t>(at_least_zero(config.failure_handling.max_retries));
  heart.on_exhausted = on_exhausted(config.failure_handling.on_exhausted);
  heart.backoff = {.initial = config.failure_handling.initial_backoff,
                   .cap = config.failure_handling.max_backoff,
                   .multiplier = config.failure_handling.backoff_multiplier};
  switch (config.delivery.ordering) {
    case config::Ordering::node:
      heart.lanes.ordering = dispatch::Ordering::node;
      break;
    case config::Ordering::strict:
      heart.lanes.ordering = dispatch::Ordering::strict;
      break;
    case config::Ordering::none:
      heart.lanes.ordering = dispatch::Ordering::none;
      break;
  }
  heart.lanes.relax_after = at_least_zero(config.delivery.ordering_relax_after);
  options.reader.backfill = {
      .enabled = config.backfill.enabled,
      .max_age = config.backfill.max_age,
      .max_events = at_least_zero(config.backfill.max_events),
      .page_size = config.backfill.batch_size > 0 ? static_cast<std::size_t>(config.backfill.batch_size) : 500,
      .rate_limit = at_least_zero(config.backfill.rate_limit)};
  return options;
}

// How run_service ends, and what leave() does before it.
int finish(const Result<void>& ended) {
  if (!ended) {
    return report(ended.error());
  }
  log::tell_left_out();
  log::info("Shutdown complete", {});
  return 0;
}

admin::Reasons reasons_of_illness(const LiveStatus::Service& seen) {
  return seen.unhealthy ? admin::Reasons{*seen.unhealthy} : admin::Reasons{};
}

void warn_about_tls(const config::Config& config) {
  if (config.sink.insecure_skip_verify) {
    log::warn("TLS verification of the sink is switched off: anyone on the way can read and change events and token",
              {{"key", "exporter.sink.insecure_skip_verify"},
               {"action", "set exporter.sink.ca_file, and take this key out"}});
  }
  if (config.oidc.insecure_skip_verify) {
    log::warn("TLS verification of the token endpoint is switched off: anyone on the way can take the client secret",
              {{"key", "exporter.oidc.insecure_skip_verify"},
               {"action", "set exporter.oidc.ca_file, and take this key out"}});
  }
}

// What lives as long as the process, and what is made anew for each tenure of the lease.
class Service {
 public:
  Service(const config::Config& config, std::vector<config::Setting> settings)
      : config_(config), status_(config, std::move(settings), board_, clock_) {}
  int run();

 private:
  // What cannot work ends the program before it begins.
  Result<void> open();
  Result<void> open_lease();
  // Tenure after tenure, until a stop or an error that no waiting mends.
  Result<void> serve();
  // Delivers for as long as the tenure lasts; null: no lease is used.
  Result<void> deliver(const checkpoint::Tenure* tenure);
  // Nothing of what a pipeline shows holds any more.
  void clear_shown();
  void on_token(MonoTime ends_at);
  // What is noted for traces is sent, in the time that is left.
  void send_last_traces();
  void on_signal();
  void on_lease_changed();
  // A thread of the pipeline still waits for the datastore; see pipeline::Parts.
  void abandon(const Result<void>& result);
  // Everything that can be saved is saved; one thread waits for a datastore that does not answer.
  void leave(const Result<void>& ended);
  void take_samples(const std::stop_token& stop);
  // What stands between the service and delivery at this moment; what /healthz, /readyz and /status say follows from it.
  [[nodiscard]] LiveStatus::Service look();

  const config::Config& config_;
  SystemClock clock_;
  metrics::Metrics metrics_{clock_};
  pipeline::Board board_;
  LiveStatus status_;
  std::unique_ptr<auth::OidcCredentials> credentials_;
  std::optional<Datastore> store_;
  std::unique_ptr<Traces> traces_;  // null: off
  // With a lease only.
  std::optional<HolderName> name_;
  std::unique_ptr<ports::LeaseStore> lease_store_;
  std::optional<pipeline::LeaseKeeper> keeper_;

  std::stop_source stop_;
  std::atomic<bool> waiting_for_threads_ = false;  // of a pipeline that lost the lease
  std::atomic<MonoTime> leave_by_ = kNever;        // from the first signal on; the second one means now
  Mutex mutex_;
  pipeline::Pipeline* pipeline_ EXPORTER_GUARDED_BY(mutex_) = nullptr;  // while one runs
};

Result<void> Service::open() {
  auto credentials = auth::OidcCredentials::create(oidc_options(config_), clock_,
                                                   {.failed =
                                                        [this] {
                                                          metrics_.token_refresh_errors.add();
                                                          status_.token_failed();
                                                        },
                                                    .fetched = [this](MonoTime ends_at) { on_token(ends_at); },
                                                    .gone =
                                                        [this] {
                                                          metrics_.token_age.since({});
                                                          metrics_.token_expiry.set({});
                                                          status_.token_gone();
                                                        }});
  if (!credentials) {
    return fail(std::move(credentials.error()));
  }
  credentials_ = std::move(*credentials);
  http::AsioReactor reactor;
  if (auto sink = http::make_http_sink(reactor, sink_options(config_)); !sink) {
    return fail(std::move(sink.error()));
  }
  auto store = open_datastore(config_.datastore, clock_);
  if (!store) {
    return fail(std::move(store.error()));
  }
  store_ = std::move(*store);
  status_.datastore(store_->provider, store_->place);
  log::info("Datastore client initialized", {{"provider", store_->provider}, {"path", store_->place}});
  return config_.lease.enabled ? open_lease() : Result<void>();
}

Result<void> Service::open_lease() {
  // Half a term, so that a second try is still in time; and not so long that a broken connection goes unnoticed.
  const Duration patience = std::min<Duration>(config_.lease.term / 2, std::chrono::seconds(10));
  auto lease_store = app::open_lease(config_.datastore, patience);
  if (!lease_store) {
    return fail(std::move(lease_store.error()));
  }
  lease_store_ = std::move(*lease_store);
  name_.emplace();
  keeper_.emplace(
      checkpoint::LeaseOptions{.holder = name_->text(), .term = config_.lease.term},
      pipeline::LeaseKeeper::Parts{.store = *lease_store_,
                                   .clock = clock_,
                                   .metrics = metrics_,
                                   .is_dead = [this](const std::string& holder) { return name_->proves_dead(holder); },
                                   // Progress that cannot be understood is left as it is, the lease beside it too.
                                   .before_take =
                                       [this] {
                                         auto loaded = store_->checkpoints->load();
                                         return loaded ? Result<void>() : fail(std::move(loaded.error()));
                                       },
                                   .changed = [this] { on_lease_changed(); }});
  return {};
}

Result<void> Service::deliver(const checkpoint::Tenure* tenure) {
  http::AsioReactor reactor;
  auto sink = http::make_http_sink(reactor, sink_options(config_));
  if (!sink) {
    return fail(std::move(sink.error()));
  }
  transform::CloudEventWriter writer(transform_options(config_));
  transform::EventIds ids(id_mode(config_), store_->names);
  tracing::EventTracer* const tracer = traces_ ? &traces_->events() : nullptr;
  const auto history = traces_ ? traces_->around(*store_->history) : nullptr;
  const auto dead_letters = traces_ ? traces_->around(*store_->dead_letters) : nullptr;
  pipeline::Preparer preparer(*store_->decoder, writer, ids, event_filter(config_), tracer);
  pipeline::Pipeline pipeline(pipeline_options(config_, clock_),
                              {.source = *store_->source,
                               .history = history ? *history : *store_->history,
                               .documents = *store_->documents,
                               .preparer = preparer,
                               .checkpoints = *store_->checkpoints,
                               .dead_letters = dead_letters ? *dead_letters : *store_->dead_letters,
                               .sink = **sink,
                               .credentials = *credentials_,
                               .reactor = reactor,
                               .clock = clock_,
                               .metrics = metrics_,
                               .tenure = tenure,
                               .retention = store_->retention.get(),
                               .abandon = [this](const Result<void>& result) { abandon(result); },
                               .tracer = tracer,
                               .board = &board_});
  {
    MutexLock lock(mutex_);
    pipeline_ = &pipeline;
    if (stop_.stop_requested()) {
      pipeline.stop();
    }
  }
  Result<void> ended = pipeline.run();
  MutexLock lock(mutex_);
  pipeline_ = nullptr;
  waiting_for_threads_ = false;
  return ended;
}

void Service::on_token(MonoTime ends_at) {
  const MonoTime now = clock_.now();
  const auto expiry = clock_.wall_now() + (ends_at - now);
  status_.token_fetched(ends_at);
  metrics_.token_refreshes.add();
  metrics_.token_age.since(now);
  metrics_.token_expiry.set(std::chrono::duration<double>(expiry.time_since_epoch()).count());
}

// A standby holds nothing, and does not know how far behind anything is.
void Service::clear_shown() {
  board_.clear();
  for (metrics::Gauge* const gauge :
       {&metrics_.queue_bytes, &metrics_.queue_events, &metrics_.in_flight, &metrics_.backfill_in_progress,
        &metrics_.retries_waiting, &metrics_.sink_paused, &metrics_.concurrency_limit, &metrics_.read_queue_bytes,
        &metrics_.settled_ahead}) {
    gauge->set(0);
  }
  for (metrics::Age* const age :
       {&metrics_.stream_lag, &metrics_.export_lag, &metrics_.oldest_unsettled_age, &metrics_.checkpoint_age}) {
    age->since({});
  }
  metrics_.dead_letters_stored.set({});
  metrics_.headroom.set({});
}

Result<void> Service::serve() {
  if (!keeper_) {
    metrics_.lease_held.set(1);
    return deliver(nullptr);
  }
  log::info("Waiting for the lease", {{"holder", name_->text()}, {"term", config_.lease.term}});
  for (;;) {
    const auto tenure = keeper_->acquire(stop_.get_token());
    if (!tenure) {
      return tenure.error().kind == ErrorKind::cancelled ? Result<void>() : fail(tenure.error());
    }
    Result<void> ended = deliver(tenure->get());
    if (ended || ended.error().kind != ErrorKind::not_leader) {
      return ended;
    }
    clear_shown();
    if (stop_.stop_requested()) {
      return {};
    }
  }
}

void Service::on_signal() {
  log::info("Stopping: finishing the requests in flight; a second signal skips that", {});
  const bool first = stop_.request_stop();
  leave_by_ = first ? after(clock_.now(), config_.shutdown.drain_timeout) : clock_.now();
  if (waiting_for_threads_) {
    leave({});
  }
  MutexLock lock(mutex_);
  if (pipeline_ != nullptr) {
    pipeline_->stop();
  }
}

void Service::on_lease_changed() {
  MutexLock lock(mutex_);
  if (pipeline_ != nullptr) {
    pipeline_->lease_changed();
  }
}

void Service::abandon(const Result<void>& result) {
  const bool lost_lease = result ? !stop_.stop_requested() : result.error().kind == ErrorKind::not_leader;
  if (lost_lease) {
    // Another one works meanwhile, so the thread may take its time, unless a signal comes.
    waiting_for_threads_ = true;
    if (!stop_.stop_requested()) {
      return;
    }
  }
  leave(lost_lease ? Result<void>() : result);
}

void Service::leave(const Result<void>& ended) {
  log::warn("The datastore does not answer; leaving without waiting for it",
            {{"action", "none: the next start goes on at the saved position, what was not saved is sent again"}});
  if (keeper_ && !keeper_->release(kGoodbye)) {
    log::debug("The lease could not be given back in time", {});
  }
  std::_Exit(finish(ended));
}

LiveStatus::Service Service::look() {
  LiveStatus::Service seen;
  if (keeper_) {
    seen.lease_trouble = keeper_->not_ready();
    seen.lease = keeper_->view();
    seen.standby = keeper_->standby().has_value();
  }
  seen.stopping = stop_.stop_requested();
  MutexLock lock(mutex_);
  if (pipeline_ != nullptr) {
    seen.unhealthy = pipeline_->unhealthy();
    seen.causes = pipeline_->not_ready();
  } else if (!seen.lease_trouble && !seen.standby) {
    seen.causes.emplace(pipeline::Readiness::Cause::start, "starting");
  }
  return seen;
}

void Service::take_samples(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    status_.sample();
    clock_.sleep_until(after(clock_.now(), status::Recent::kStep), stop);
  }
}

void Service::send_last_traces() {
  if (traces_) {
    const Duration left = leave_by_.load() - clock_.now();
    traces_->close(std::clamp(left, Duration::zero(), kLastTraces));
  }
}

int Service::run() {
  traces_ = Traces::start(config_, clock_, metrics_);
  metrics_.backfill_enabled_flag.set(config_.backfill.enabled ? 1 : 0);
  metrics_.build_info.set(build_version().version, build_version().commit);
  if (auto opened = open(); !opened) {
    return report(opened.error());
  }
  admin::AdminServer admin({.port = config_.metrics_port},
                           {.metrics = [this] { return metrics_.text(); },
                            .health = [this] { return reasons_of_illness(look()); },
                            .readiness = [this] { return look().not_ready(); },
                            .status = [this] { return status::to_json(status_.status(look())); }});
  const pipeline::WorkerThread sampling("status", [this](const std::stop_token& stop) { take_samples(stop); });
  if (auto started = admin.start(); started) {
    log::info("starting server", {{"port", static_cast<std::uint32_t>(admin.port())}});
  } else {
    log::error("Metrics server failed - continuing without metrics",
               {{"error", started.error()},
                {"action", "free the port, or choose another with --metrics-port; until then probes fail"}});
  }

  const SignalThread signals([this] { on_signal(); });
  credentials_->start();
  std::optional<pipeline::WorkerThread> lease_thread;
  if (keeper_) {
    lease_thread.emplace("lease", [this](std::stop_token stop) { keeper_->run(std::move(stop)); });
  }
  const Result<void> ended = serve();
  // First of all, so that a standby takes over at once.
  if (keeper_) {
    const bool released = keeper_->release(kGoodbye);
    lease_thread->request_stop();
    if (!released || !lease_thread->ended_within(kGoodbye)) {
      leave(ended);
    }
  }
  credentials_->stop();
  admin.stop();
  // Saying good-bye to a server takes as long as finding out that it is gone.
  pipeline::WorkerThread closing("close", [this](const std::stop_token&) {
    store_.reset();
    lease_store_.reset();
  });
  send_last_traces();
  if (!closing.ended_within(kGoodbye)) {
    leave(ended);
  }
  return finish(ended);
}

}  // namespace

Version build_version() { return {.version = EXPORTER_VERSION, .commit = EXPORTER_COMMIT}; }

int run_service(const config::Config& config, std::vector<config::Setting> settings) {
  log::info("Health Events Exporter starting", {{"commit", build_version().commit}});
  log::info("Configuration loaded", {{"path", config.config_path}});
  log::info("Publish workers configured", {{"workers", config.workers}});
  warn_about_tls(config);
  if (!filter::is_blank(config.filter.expression)) {
    log::info("Event filter configured", {{"expression", config.filter.expression}});
  }
  return Service(config, std::move(settings)).run();
}

}  // namespace exporter::app
