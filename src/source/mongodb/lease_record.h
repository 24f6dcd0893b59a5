// The lease inside the client's document: { eventExporterLease: { holder, epoch, beat } }. Internal to this folder.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "ports/lease.h"
#include "source/mongodb/bson.h"

namespace exporter::mongodb {

inline constexpr const char* kLeaseKey = "eventExporterLease";

// Narrows a filter to documents whose lease is of that tenure.
inline void add_condition(Bson& filter, const ports::Fence& tenure) {
  filter.add("eventExporterLease.holder", tenure.holder)
      .add("eventExporterLease.epoch", static_cast<std::int64_t>(tenure.epoch));
}

[[nodiscard]] inline bool is_of(std::string_view document, const ports::Fence& tenure) {
  const auto holder = find(document, {kLeaseKey, "holder"});
  const auto epoch = find(document, {kLeaseKey, "epoch"});
  return holder && holder->text() == tenure.holder && epoch &&
         epoch->integer() == static_cast<std::int64_t>(tenure.epoch);
}

}  // namespace exporter::mongodb
