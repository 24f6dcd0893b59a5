// What an answer means: the one table of the program. Pure.
//
// The cost of each mistake decides the doubtful rows. Settling too early loses an event for ever; retrying for ever
// delays one lane and costs a request now and then; setting an event aside by mistake needs a person to send it. So
// nothing is settled without a clear yes, nothing is refused without a clear no to THIS event, and all else is tried
// again.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "event/answer.h"

namespace exporter::dispatch {

enum class Verdict : unsigned char {
  accepted,      // settle
  refresh,       // the token is no good: refresh once, repeat once
  refused,       // the sink does not take this event: to the dead letters, if it demonstrably takes others
  sink_problem,  // configuration or permission at the sink: wait and try again; no event's fault
  retry,         // sink or network is sick: wait and try again
};

struct Ruling {
  Verdict verdict;
  std::string_view reason;  // a phrase for logs
};

[[nodiscard]] Ruling rule(const event::Answer& answer);

// The wait that a Retry-After header asks for (RFC 9110 section 10.2.3): seconds, or an HTTP date in any of the three
// forms of section 5.6.7. Past dates give zero; nothing when it cannot be understood. Capped at kRetryAfterCeiling: a
// sink that asks for a day would otherwise stop the export for a day after it is well again.
inline constexpr Duration kRetryAfterCeiling = std::chrono::minutes(5);
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

// The wait that this answer asks for; zero when it asks for none. A date to wait for is the sink's, and so is measured by
// the Date of the same answer (RFC 9110 section 6.6.1) where it has one: this machine's clock, `now`, may be hours off.
[[nodiscard]] Duration requested_wait(const event::Answer& answer, WallTime now);

}  // namespace exporter::dispatch
