// What is wrong now and what to do about it, worst first; and the state and the sentence that sum it up.
//
// Pure: from a Status whose other members are filled in, and from what stands between the program and delivery, as its
// parts say. The remedies are texts for an operator who has not read the manual; docs/operations.md says more.
#pragma once

#include <string>
#include <vector>

#include "status/status.h"

namespace exporter::status {

// Something that keeps events from being delivered, or progress from being kept. No secrets.
struct Obstacle {
  enum class Kind : std::uint8_t { start, sink, token, reading, saving, lag, lease };
  Kind kind = Kind::start;
  std::string reason;
};

// Fills in state, summary and problems from the rest of `status`.
void judge(Status& status, const std::vector<Obstacle>& obstacles, bool stopping);

}  // namespace exporter::status
