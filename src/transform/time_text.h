// Moments as the CloudEvent writes them: RFC 3339 in UTC, fraction without trailing zeros, none if zero.
//
// Never fails and never clamps: nanos outside 0..999,999,999 are carried, years beyond 9999 have more digits, years before
// 0 a minus sign (proleptic Gregorian calendar, astronomical year numbers), for every value of the two integers.
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "base/time.h"
#include "event/health_event.h"

namespace exporter::transform {

// Appends for example 2026-09-09T11:59:59.987654321Z.
void append_time(std::string& out, const event::Timestamp& time);

[[nodiscard]] event::Timestamp timestamp_of(WallTime time);

}  // namespace exporter::transform
