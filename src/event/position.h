// A place in a datastore's stream of changes from which reading can go on.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"

namespace exporter::event {

// Opaque: only the source that made it can read it (SQLite: a change-log id; MongoDB: a resume token). Positions are
// never compared; order comes from the order of reading. Empty means "none".
struct Position {
  std::string token;

  [[nodiscard]] bool empty() const { return token.empty(); }
  friend bool operator==(const Position&, const Position&) = default;
};

// How far we are once one event, and everything before it, is settled. Small, because one is kept for each event in
// flight.
struct Mark {
  enum class Phase : unsigned char {
    stream,   // `position` is a stream position
    history,  // `position` is a cursor of the history
  };
  Phase phase = Phase::stream;
  Position position;
  // The datastore's own time of that change (SQLite, PostgreSQL: changed_at; MongoDB: cluster time); zero when unknown.
  WallTime changed_at{};
  // Phase history only: the stream position, taken before, from which the stream goes on after this history. Shared by
  // all marks of one history.
  std::shared_ptr<const Position> resume = nullptr;
};

}  // namespace exporter::event
