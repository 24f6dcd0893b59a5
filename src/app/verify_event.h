// The event that `verify-sink` sends: of the type and form of a real one, so that the sink judges it as it judges those,
// and in four places marked so that nobody can take it for one (docs/sink-guide.md).
// Pure but for the random part of the id.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "config/config.h"

namespace exporter::app {

// Its checkName, its nodeName and its agent.
inline constexpr std::string_view kVerifyMark = "event-exporter-verify-sink";
// The beginning of its id, a UUID of version 8 (RFC 9562 section 5.8); those of events are of version 5 or 4.
inline constexpr std::string_view kVerifyIdPrefix = "ffffffff-ffff-8fff-bfff-";

struct VerifyEvent {
  std::string id;    // the prefix and 12 random digits: each call makes another, so that no sink has it already
  std::string body;  // the CloudEvent, with the configuration's metadata and payload version
};
[[nodiscard]] VerifyEvent make_verify_event(const config::Config& config, WallTime now);

}  // namespace exporter::app
