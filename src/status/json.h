// GET /status: the Status as one JSON object. The keys are a contract with the page at / and with `event-exporter
// status`; docs/status-page.md lists them. Seconds are numbers with a fraction, what is not known is null.
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "status/status.h"

namespace exporter::status {

[[nodiscard]] std::string to_json(const Status& status);

}  // namespace exporter::status
