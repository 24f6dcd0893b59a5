// A health event -> the document that NVSentinel's platform connector stores: lower-case names, every key present, null
// for empty lists, enumerations as int32, `version` as int64. For the lab, which plays the connector.
#pragma once

#include <string>

#include "base/time.h"
#include "event/health_event.h"

namespace exporter::mongodb {

// The BSON bytes, with a new ObjectId as its key. Thread-safety: any thread.
[[nodiscard]] std::string health_document(const event::HealthEvent& event, WallTime created_at);

}  // namespace exporter::mongodb
