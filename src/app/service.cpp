#include "app/service.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "admin/server.h"
#include "app/datastore.h"
#include "app/module_options.h"
#include "app/signals.h"
#include "auth/oidc.h"
#include "base/clock.h"
#include "observability/log.h"
#include "observability/metrics.h"
#include "pipeline/pipeline.h"
#include "pipeline/worker_thread.h"
#include "sink/http/asio_reactor.h"
#include "sink/http/http_sink.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::app {

namespace {

constexpr Duration kGoodbye = std::chrono::seconds(1);

int report(const Error& error) {
  log::error("Fatal error", {{"error", error}});
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
  log::info("Shutdown complete", {});
  return 0;
}

// Everything that can be saved is saved; one thread waits for a datastore that does not answer.
void leave(const Result<void>& ended) {
  log::warn("The datastore does not answer; leaving without waiting for it", {});
  std::_Exit(finish(ended));
}

void warn_about_tls(const config::Config& config) {
  if (config.sink.insecure_skip_verify) {
    log::warn("TLS verification of the sink is switched off: anyone on the way can read and change events and token",
              {{"key", "exporter.sink.insecure_skip_verify"}});
  }
  if (config.oidc.insecure_skip_verify) {
    log::warn("TLS verification of the token endpoint is switched off: anyone on the way can take the client secret",
              {{"key", "exporter.oidc.insecure_skip_verify"}});
  }
}

}  // namespace

Version build_version() { return {.version = EXPORTER_VERSION, .commit = EXPORTER_COMMIT}; }

int run_service(const config::Config& config) {
  log::info("Health Events Exporter starting", {{"commit", build_version().commit}});
  log::info("Configuration loaded", {{"path", config.config_path}});
  log::info("Publish workers configured", {{"workers", config.workers}});
  warn_about_tls(config);

  SystemClock clock;
  metrics::Metrics metrics;
  metrics.backfill_enabled_flag.set(config.backfill.enabled ? 1 : 0);

  auto credentials =
      auth::OidcCredentials::create(oidc_options(config), clock, [&metrics] { metrics.token_refresh_errors.add(); });
  if (!credentials) {
    return report(credentials.error());
  }
  http::AsioReactor reactor;
  auto sink = http::make_http_sink(reactor, sink_options(config));
  if (!sink) {
    return report(sink.error());
  }
  auto store = open_datastore(config.datastore, clock);
  if (!store) {
    return report(store.error());
  }
  log::info("Datastore client initialized", {{"provider", store->provider}, {"path", store->place}});

  transform::CloudEventWriter writer(transform_options(config));
  transform::EventIds ids(id_mode(config), store->names);
  pipeline::Preparer preparer(*store->decoder, writer, ids);
  pipeline::Pipeline pipeline(pipeline_options(config, clock), {.source = *store->source,
                                                                .history = *store->history,
                                                                .documents = *store->documents,
                                                                .preparer = preparer,
                                                                .checkpoints = *store->checkpoints,
                                                                .dead_letters = *store->dead_letters,
                                                                .sink = **sink,
                                                                .credentials = **credentials,
                                                                .reactor = reactor,
                                                                .clock = clock,
                                                                .metrics = metrics,
                                                                .abandon = leave});

  const auto health_of = [](const std::optional<std::string>& reason) {
    return admin::Health{.ok = !reason, .reason = reason.value_or("")};
  };
  admin::AdminServer admin(
      {.port = config.metrics_port}, [&metrics] { return metrics.text(); },
      [&] { return health_of(pipeline.unhealthy()); }, [&] { return health_of(pipeline.not_ready()); });
  if (auto started = admin.start(); started) {
    log::info("starting server", {{"port", static_cast<std::uint32_t>(admin.port())}});
  } else {
    log::error("Metrics server failed - continuing without metrics", {{"error", started.error()}});
  }

  const SignalThread signals([&pipeline] {
    log::info("Stopping: finishing the requests in flight; a second signal skips that", {});
    pipeline.stop();
  });
  (*credentials)->start();
  const Result<void> ended = pipeline.run();
  (*credentials)->stop();
  admin.stop();
  // Saying good-bye to a server takes as long as finding out that it is gone.
  pipeline::WorkerThread closing("close", [&store](const std::stop_token&) { *store = {}; });
  if (!closing.ended_within(kGoodbye)) {
    leave(ended);
  }
  return finish(ended);
}

}  // namespace exporter::app
