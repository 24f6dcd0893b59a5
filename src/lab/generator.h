// Makes realistic health events: faults of a fleet of GPU nodes and, later, the healthy event that ends each.
//
// The same options and the same times give the same events. Documents have the JSON form that NVSentinel's platform
// connector stores in PostgreSQL (camelCase names, zero values left out, enums by number, timestamps as seconds and
// nanos), which the embedded store shares. Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "lab/health_event_catalog.h"

namespace exporter::lab {

struct GeneratorOptions {
  std::size_t nodes = 256;  // > 0
  std::uint64_t seed = 1;
  std::int64_t first_sequence = 0;  // of each node's events; let a later run start above an earlier one
};

// Views are valid until the generator's next call.
struct GeneratedEvent {
  WallTime created_at{};
  std::string_view node_name;
  std::string_view check_name;
  std::string_view component_class;
  std::string_view message;
  std::int32_t recommended_action = 0;
  std::string_view health_event;  // JSON: the HealthEvent alone, as `ingest` reads it
  std::string_view document;      // JSON: what the store keeps
};

class Generator {
 public:
  explicit Generator(const GeneratorOptions& options);

  // `live`: the event happens now, and says so in metadata `madeNs`, from which a sink can tell how long it took.
  const GeneratedEvent& next(WallTime created_at, bool live);

 private:
  // A fault that has not ended.
  struct Fault {
    const FaultKind* kind = nullptr;
    unsigned gpu = 0;
  };
  struct Node {
    std::string name;
    std::int64_t next_sequence = 0;
    std::vector<Fault> open;
  };

  [[nodiscard]] std::size_t below(std::size_t end);
  [[nodiscard]] const FaultKind& draw_kind();
  Node& draw_node();
  void write_message(const Fault& fault, bool healthy);
  void write_health_event(const Node& node, const Fault& fault, bool healthy, bool live);
  void write_entities(const Node& node, const Fault& fault);
  void write_metadata(const Node& node, bool live);
  void write_document();

  std::uint64_t seed_;
  std::mt19937_64 random_;  // a sequence fixed by the standard
  std::uint64_t all_weights_ = 0;
  std::vector<Node> nodes_;
  GeneratedEvent event_;
  std::string message_;
  std::string health_event_;
  std::string document_;
};

}  // namespace exporter::lab
