// The configuration -> the options of the modules that more than one command uses.
// Thread-safety: pure functions.
#pragma once

#include "auth/oidc.h"
#include "config/config.h"
#include "sink/http/http_sink.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::app {

[[nodiscard]] auth::OidcOptions oidc_options(const config::Config& config);
[[nodiscard]] http::SinkOptions sink_options(const config::Config& config);
[[nodiscard]] transform::Options transform_options(const config::Config& config);
[[nodiscard]] transform::EventIds::Mode id_mode(const config::Config& config);

}  // namespace exporter::app
