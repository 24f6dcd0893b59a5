#include "lab/generator.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/json_text.h"

namespace exporter::lab {
namespace {

constexpr std::size_t kMostOpenFaults = 4;
constexpr unsigned kGpusPerNode = 8;
constexpr std::array<unsigned, kGpusPerNode> kPciBuses = {0x17, 0x2a, 0x3d, 0x60, 0x70, 0x8f, 0xa2, 0xb5};
constexpr std::uint64_t kHealthyPerMille = 395;  // of all events, in a production fleet's week
constexpr std::uint64_t kHotPerMille = 200;  // of the events come from a sixteenth of the nodes: load follows faults

// SplitMix64's mixing function (Steele, Lea, Flood 2014): names a GPU for ever from what it is.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

// Two random words as the text of a UUID of version 4 (RFC 9562 section 5.4).
void append_uuid4(std::string& out, std::uint64_t high, std::uint64_t low) {
  high = (high & ~0xF000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62)) | (2ULL << 62);
  fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                 high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

}  // namespace

Generator::Generator(const GeneratorOptions& options) : seed_(options.seed), random_(options.seed) {
  EXPORTER_CHECK(options.nodes > 0, "a generator has nodes");
  for (const FaultKind& kind : fault_kinds()) {
    all_weights_ += kind.weight;
  }
  nodes_.resize(options.nodes);
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    nodes_[index].name = fmt::format("gpu-node-{:04}", index);
    nodes_[index].next_sequence = options.first_sequence;
  }
}

std::size_t Generator::below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }

const FaultKind& Generator::draw_kind() {
  std::uint64_t rest = random_() % all_weights_;
  for (const FaultKind& kind : fault_kinds()) {
    if (rest < kind.weight) {
      return kind;
    }
    rest -= kind.weight;
  }
  return fault_kinds().front();
}

Generator::Node& Generator::draw_node() {
  const bool hot = random_() % 1000 < kHotPerMille;
  return nodes_[below(hot ? std::max<std::size_t>(1, nodes_.size() / 16) : nodes_.size())];
}

const GeneratedEvent& Generator::next(WallTime created_at, bool live) {
  Node& node = draw_node();
  const bool healthy = !node.open.empty() && random_() % 1000 < kHealthyPerMille;
  Fault fault;
  if (healthy) {
    fault = node.open.front();
    node.open.erase(node.open.begin());
  } else {
    fault = {&draw_kind(), static_cast<unsigned>(below(kGpusPerNode))};
    if (node.open.size() < kMostOpenFaults) {
      node.open.push_back(fault);
    }
  }

  event_.created_at = created_at;
  event_.node_name = node.name;
  event_.check_name = fault.kind->check_name;
  event_.component_class = fault.kind->component_class;
  event_.recommended_action = healthy ? 0 : fault.kind->recommended_action;
  write_message(fault, healthy);
  event_.message = message_;
  write_health_event(node, fault, healthy, live);
  event_.health_event = health_event_;
  write_document();
  event_.document = document_;
  ++node.next_sequence;
  return event_;
}

void Generator::write_message(const Fault& fault, bool healthy) {
  message_.clear();
  auto out = std::back_inserter(message_);
  if (healthy) {
    fmt::format_to(out, "No health failures found by {}", fault.kind->check_name);
  } else if (fault.kind->xid) {
    fmt::format_to(out, "NVRM: Xid (PCI:0000:{:02x}:00): {}, pid={}, name=python3, {}", kPciBuses[fault.gpu],
                   fault.kind->error_code, 1000 + below(60'000), fault.kind->message);
  } else {
    fmt::format_to(out, "{} (GPU {})", fault.kind->message, fault.gpu);
  }
}

void Generator::write_health_event(const Node& node, const Fault& fault, bool healthy, bool live) {
  const FaultKind& kind = *fault.kind;
  std::string& json = health_event_;
  json.clear();
  auto out = std::back_inserter(json);
  fmt::format_to(out, R"({{"version":1,"agent":"{}","componentClass":"{}","checkName":"{}")", kind.agent,
                 kind.component_class, kind.check_name);
  if (kind.fatal && !healthy) {
    json += R"(,"isFatal":true)";
  }
  if (healthy) {
    json += R"(,"isHealthy":true)";
  }
  json += R"(,"message":)";
  append_json_string(json, message_);
  if (event_.recommended_action != 0) {
    fmt::format_to(out, R"(,"recommendedAction":{})", event_.recommended_action);
  }
  if (!healthy && !kind.error_code.empty()) {
    fmt::format_to(out, R"(,"errorCode":["{}"])", kind.error_code);
  }
  write_entities(node, fault);
  write_metadata(node, live);
  // The monitor saw it 0.2 ms before the platform connector stored it.
  const auto seen = event_.created_at.time_since_epoch() - std::chrono::microseconds(200);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(seen);
  fmt::format_to(out,
                 R"(,"generatedTimestamp":{{"seconds":{},"nanos":{}}},"nodeName":"{}","processingStrategy":1,"id":")",
                 seconds.count(), (seen - seconds).count(), node.name);
  const std::uint64_t high = random_();
  append_uuid4(json, high, random_());
  json += "\"}";
}

void Generator::write_entities(const Node& node, const Fault& fault) {
  std::string& json = health_event_;
  if (fault.kind->component_class == "NIC") {
    fmt::format_to(std::back_inserter(json), R"(,"entitiesImpacted":[{{"entityType":"NIC","entityValue":"mlx5_{}"}}])",
                   fault.gpu);
    return;
  }
  const auto node_index = static_cast<std::uint64_t>(&node - nodes_.data());
  const std::uint64_t high = mixed(seed_ ^ (node_index * kGpusPerNode + fault.gpu));
  fmt::format_to(std::back_inserter(json),
                 R"(,"entitiesImpacted":[{{"entityType":"PCI","entityValue":"0000:{:02x}:00.0"}},)"
                 R"({{"entityType":"GPU_UUID","entityValue":"GPU-)",
                 kPciBuses[fault.gpu]);
  append_uuid4(json, high, mixed(high));
  json += "\"}]";
}

void Generator::write_metadata(const Node& node, bool live) {
  const auto node_index = static_cast<std::uint64_t>(&node - nodes_.data());
  auto out = std::back_inserter(health_event_);
  const std::uint64_t high = random_();
  fmt::format_to(out,
                 R"(,"metadata":{{"driverVersion":"570.86.15","chassis_serial":"SN{:08}",)"
                 R"("topology.kubernetes.io/zone":"us-west-2{}","trace_id":"{:016x}{:016x}","seq":"{}")",
                 mixed(seed_ + node_index) % 100'000'000, static_cast<char>('a' + node_index % 3), high, random_(),
                 node.next_sequence);
  if (live) {
    fmt::format_to(out, R"(,"madeNs":"{}")", event_.created_at.time_since_epoch().count());
  }
  health_event_ += '}';
}

void Generator::write_document() {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(event_.created_at);
  document_.clear();
  fmt::format_to(std::back_inserter(document_),
                 R"({{"createdAt":"{:%Y-%m-%dT%H:%M:%S}.{:09}Z","RawEvent":null,"healthevent":{},)"
                 R"("healtheventstatus":{{"nodequarantined":null,"userpodsevictionstatus":{{"status":""}},)"
                 R"("faultremediated":null,"spanids":{{"platform-connector":"{:016x}"}}}}}})",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (event_.created_at - seconds).count(),
                 health_event_, random_());
}

}  // namespace exporter::lab
