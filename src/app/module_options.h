// The configuration -> the options of the modules that more than one command uses.
// Thread-safety: free functions without state.
#pragma once

#include <optional>

#include "auth/oidc.h"
#include "base/clock.h"
#include "config/config.h"
#include "filter/program.h"
#include "pipeline/pipeline.h"
#include "sink/http/http_sink.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::app {

// What every pipeline takes from the configuration: workers, bytes, the checkpoint's interval, the drain; and the jitter's
// seed from `clock`. Retries, ordering and the backfill are for the caller to choose.
[[nodiscard]] pipeline::PipelineOptions delivery_options(const config::Config& config, const Clock& clock);
[[nodiscard]] auth::OidcOptions oidc_options(const config::Config& config);
[[nodiscard]] http::SinkOptions sink_options(const config::Config& config);
[[nodiscard]] transform::Options transform_options(const config::Config& config);
[[nodiscard]] transform::EventIds::Mode id_mode(const config::Config& config);
// Nothing: every event is exported.
[[nodiscard]] std::optional<filter::Program> event_filter(const config::Config& config);

}  // namespace exporter::app
