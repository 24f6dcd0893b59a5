#include "event/health_event.h"

namespace exporter::event {

void HealthEvent::clear() {
  // Moved out and back, so that the assignment below does not free what the next event will need again.
  auto codes = std::move(error_codes);
  auto entities = std::move(entities_impacted);
  auto pairs = std::move(metadata);
  *this = HealthEvent{};
  codes.clear();
  entities.clear();
  pairs.clear();
  error_codes = std::move(codes);
  entities_impacted = std::move(entities);
  metadata = std::move(pairs);
}

}  // namespace exporter::event
