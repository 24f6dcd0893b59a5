// What goes wrong with GPUs in the generator's world: the checks, codes and texts that NVSentinel's monitors report.
//
// Weights follow a production fleet's week (288 nodes): 98.5 % of the faults recommend nothing, 1.5 % an action. XID
// numbers and names: NVIDIA's "XID Errors" reference. Thread-safety: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace exporter::lab {

struct FaultKind {
  std::string_view agent;
  std::string_view component_class;
  std::string_view check_name;
  std::string_view error_code;  // may be empty
  std::string_view message;     // of the fault
  bool xid = false;             // the message is that of a kernel log line about an XID
  bool fatal = false;
  std::int32_t recommended_action = 0;  // NVSentinel's enum RecommendedAction, by number
  std::uint32_t weight = 0;             // relative frequency
};

[[nodiscard]] std::span<const FaultKind> fault_kinds();

}  // namespace exporter::lab
