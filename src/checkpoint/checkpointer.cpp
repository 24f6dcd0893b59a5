#include "checkpoint/checkpointer.h"

#include <utility>

#include "base/check.h"

namespace exporter::checkpoint {

std::optional<ports::Checkpoint> Checkpointer::begin(const ports::Checkpoint& current, MonoTime now) {
  EXPORTER_CHECK(!saving_, "one save at a time");
  not_before_ = after(now, options_.interval);
  if (current == saved_) {
    return std::nullopt;
  }
  saving_ = current;
  return saving_;
}

void Checkpointer::finished(bool ok, MonoTime now) {
  EXPORTER_CHECK(saving_, "an answer needs a save under way");
  if (ok) {
    saved_ = *std::exchange(saving_, std::nullopt);
    failures_ = 0;
    return;
  }
  saving_.reset();
  ++failures_;
  const BackoffOptions backoff{.initial = std::chrono::milliseconds(200), .cap = std::chrono::seconds(10)};
  not_before_ = after(now, backoff_delay(backoff, failures_));
}

}  // namespace exporter::checkpoint
