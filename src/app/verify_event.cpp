#include "app/verify_event.h"

#include <algorithm>
#include <array>

#include "app/module_options.h"
#include "event/health_event.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"
#include "transform/time_text.h"

namespace exporter::app {

namespace {

constexpr std::array<std::uint8_t, 10> kPrefix = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x8f, 0xff, 0xbf, 0xff};
constexpr std::int32_t kStoreOnly = 2;  // ProcessingStrategy: nobody acts on it

}  // namespace

VerifyEvent make_verify_event(const config::Config& config, WallTime now) {
  event::EventId id = transform::EventIds(transform::EventIds::Mode::random, {}).make({});
  std::copy(kPrefix.begin(), kPrefix.end(), id.begin());

  event::HealthEvent event;
  event.version = 1;
  event.agent = kVerifyMark;
  event.component_class = "GPU";
  event.check_name = kVerifyMark;
  event.is_fatal = false;
  event.is_healthy = true;
  event.message = "Test event of event-exporter verify-sink: not about any node, to be ignored";
  event.processing_strategy = kStoreOnly;
  event.generated_timestamp = transform::timestamp_of(now);
  event.node_name = kVerifyMark;

  VerifyEvent made{.id = event::to_string(id), .body = {}};
  transform::CloudEventWriter(transform_options(config)).write(event, id, now, made.body);
  return made;
}

}  // namespace exporter::app
