// The CloudEvent's id.
//
// Stable (the default): a UUID of version 5 (RFC 4122 section 4.3, SHA-1) of "<provider>/<database>/<table>/<document
// id>" under kIdNamespace, so that a retry, a restart, a backfill and a replay of one stored document all carry the same
// id and a sink can tell duplicates. Random: a version 4 UUID, as the incumbent makes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "event/prepared_event.h"

namespace exporter::transform {

// Chosen at random once. Fixed for ever: another value would give every stored event a new id, and sinks would take all
// of history for new. 15acf563-572e-40ab-a714-f3b2f9d7f4e0
inline constexpr event::EventId kIdNamespace = {0x15, 0xac, 0xf5, 0x63, 0x57, 0x2e, 0x40, 0xab,
                                                0xa7, 0x14, 0xf3, 0xb2, 0xf9, 0xd7, 0xf4, 0xe0};

// Thread-safety: none; keeps a hash context, so each thread has its own.
class EventIds {
 public:
  enum class Mode : std::uint8_t { stable, random };

  // `name_prefix`: what stands before the document id in the name, with its last slash ("sqlite/main/health_events/").
  EventIds(Mode mode, std::string_view name_prefix);
  ~EventIds();
  EventIds(const EventIds&) = delete;
  EventIds& operator=(const EventIds&) = delete;

  // Cannot fail: a missing SHA-1 or random source is a broken invariant.
  [[nodiscard]] event::EventId make(std::string_view document_id);

 private:
  [[nodiscard]] event::EventId make_stable(std::string_view document_id);
  [[nodiscard]] event::EventId make_random();

  struct Impl;  // hides OpenSSL
  Mode mode_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::transform
