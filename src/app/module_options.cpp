#include "app/module_options.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "app/service.h"
#include "base/check.h"

namespace exporter::app {

pipeline::PipelineOptions delivery_options(const config::Config& config, const Clock& clock) {
  pipeline::PipelineOptions options;
  options.heart.workers = config.workers;
  // A quarter of the bytes for what the source thread has ready, the rest for what waits or is in flight.
  const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(config.delivery.queue_bytes, 0));
  options.queue_bytes = bytes / 4;
  options.heart.max_bytes = bytes - bytes / 4;
  options.heart.checkpoint.interval = config.checkpoint.interval;
  options.heart.seed = static_cast<std::uint64_t>(clock.wall_now().time_since_epoch().count());
  options.drain_timeout = config.shutdown.drain_timeout;
  options.max_export_lag = config.readiness.max_export_lag;
  return options;
}

auth::OidcOptions oidc_options(const config::Config& config) {
  return {.token_url = config.oidc.token_url,
          .client_id = config.oidc.client_id,
          .scope = config.oidc.scope,
          .secret_path = config.oidc_secret_path,
          .ca_file = config.oidc.ca_file,
          .insecure_skip_verify = config.oidc.insecure_skip_verify,
          .client_auth = config.oidc.client_auth == config::ClientAuth::client_secret_post ? auth::ClientAuth::post
                                                                                           : auth::ClientAuth::basic,
          .request_timeout = std::chrono::seconds(10)};
}

http::SinkOptions sink_options(const config::Config& config) {
  return {.endpoint = config.sink.endpoint,
          .timeout = config.sink.timeout,
          .insecure_skip_verify = config.sink.insecure_skip_verify,
          .ca_file = config.sink.ca_file,
          .max_connections = config.workers,
          .user_agent = std::string("event-exporter/") + build_version().version};
}

transform::Options transform_options(const config::Config& config) {
  return {.metadata = config.metadata,
          .payload_version = config.event.payload_version == config::PayloadVersion::numeric_action
                                 ? transform::PayloadVersion::numeric_action
                                 : transform::PayloadVersion::current};
}

transform::EventIds::Mode id_mode(const config::Config& config) {
  return config.event.id_mode == config::IdMode::random ? transform::EventIds::Mode::random
                                                        : transform::EventIds::Mode::stable;
}

std::optional<filter::Program> event_filter(const config::Config& config) {
  if (filter::is_blank(config.filter.expression)) {
    return std::nullopt;
  }
  auto program = filter::Program::compile(config.filter.expression);
  EXPORTER_CHECK(program.has_value(), "the configuration was checked");
  return std::move(*program);
}

}  // namespace exporter::app
