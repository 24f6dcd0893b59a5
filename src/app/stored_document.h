// A health event -> the document that the datastore holds, in the shape of the PostgreSQL provider's `document` column.
//
// {"createdAt": ..., "RawEvent": null, "healthevent": {...}, "healtheventstatus": {...}}: proto field names in camel
// case, zero values left out, enumerations as numbers, times as {"seconds", "nanos"}. Thread-safety: pure functions.
#pragma once

#include <string>

#include "base/time.h"
#include "event/health_event.h"

namespace exporter::app {

void append_stored_document(std::string& out, const event::HealthEvent& event, WallTime created_at);

}  // namespace exporter::app
