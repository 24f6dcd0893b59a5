// What the reference sink wants to know of a CloudEvent, after checking it as the published requirements ask.
//
// Owns simdjson. Thread-safety: one thread at a time.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "lab/delivery_ledger.h"

namespace exporter::lab {

class CloudEventReader {
 public:
  CloudEventReader();
  ~CloudEventReader();
  CloudEventReader(const CloudEventReader&) = delete;
  CloudEventReader& operator=(const CloudEventReader&) = delete;

  // `json` is followed by at least 64 readable bytes. The result's views are valid until the next call. Errors:
  // rejected (not JSON; specversion is not "1.0"; id, source, type or data.healthEvent.nodeName missing or empty).
  [[nodiscard]] Result<Delivery> read(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::lab
