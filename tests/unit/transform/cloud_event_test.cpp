#include "transform/cloud_event.h"

#include <string>

#include <gtest/gtest.h>

namespace exporter::transform {
namespace {

// 3f0d4a52-6f0e-4a5e-9a0b-5f2f0f9d2c11
constexpr event::EventId kId = {0x3f, 0x0d, 0x4a, 0x52, 0x6f, 0x0e, 0x4a, 0x5e,
                                0x9a, 0x0b, 0x5f, 0x2f, 0x0f, 0x9d, 0x2c, 0x11};
constexpr WallTime kNow{std::chrono::seconds(1736937000)};  // 2025-01-15T10:30:00Z

const Options kProduction{
    .metadata = {{"region", "us-west-2"}, {"cluster", "prod-us-west-2"}, {"environment", "production"}}};

event::HealthEvent gpu_event() {
  event::HealthEvent event;
  event.version = 1;
  event.agent = "syslog-health-monitor";
  event.component_class = "GPU";
  event.check_name = "SysLogsXIDError";
  event.is_fatal = true;
  event.message = "XID 79: GPU <0> fell off the bus";
  event.recommended_action = 27;
  event.custom_recommended_action = "slack-notify-ops";
  event.error_codes = {"79"};
  event.entities_impacted = {{"PCI", "0000:17:00.0"}, {"GPU_UUID", "GPU-a1b2c3d4"}};
  event.metadata = {{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}, {"chassis_serial", "SN123"}};
  event.generated_timestamp = {1789462812, 45600000};
  event.node_name = "gpu-node-42";
  event.quarantine_overrides = {true, false};
  event.processing_strategy = 1;
  event.id = "7d0c";
  return event;
}

std::string body_of(const event::HealthEvent& event, const Options& options) {
  CloudEventWriter writer(options);
  std::string body = "what was there before";
  writer.write(event, kId, kNow, body);
  return body;
}

TEST(CloudEventWriter, WritesTheWholeEvent) {
  EXPECT_EQ(
      body_of(gpu_event(), kProduction),
      R"({"specversion":"1.0","type":"com.nvidia.nvsentinel.health.v1","source":"nvsentinel://prod-us-west-2/healthevents",)"
      R"("id":"3f0d4a52-6f0e-4a5e-9a0b-5f2f0f9d2c11","time":"2026-09-15T09:00:12.0456Z","data":{"healthEvent":{)"
      R"("agent":"syslog-health-monitor","checkName":"SysLogsXIDError","componentClass":"GPU",)"
      R"("customRecommendedAction":"slack-notify-ops",)"
      R"("entitiesImpacted":[{"entityType":"PCI","entityValue":"0000:17:00.0"},)"
      R"({"entityType":"GPU_UUID","entityValue":"GPU-a1b2c3d4"}],)"
      R"("errorCode":["79"],"generatedTimestamp":"2026-09-15T09:00:12.0456Z","isFatal":true,"isHealthy":false,)"
      R"("message":"XID 79: GPU \u003c0\u003e fell off the bus",)"
      R"("metadata":{"chassis_serial":"SN123","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"},)"
      R"("nodeName":"gpu-node-42","processingStrategy":"EXECUTE_REMEDIATION",)"
      R"("quarantineOverrides":{"force":true,"skip":false},"recommendedAction":"CUSTOM","version":1},)"
      R"("metadata":{"cluster":"prod-us-west-2","environment":"production","region":"us-west-2"}}})");
}

TEST(CloudEventWriter, WritesTheEmptyEventWithTheTimeOfNow) {
  EXPECT_EQ(
      body_of({}, {.metadata = {{"cluster", "c"}}}),
      R"({"specversion":"1.0","type":"com.nvidia.nvsentinel.health.v1","source":"nvsentinel://c/healthevents",)"
      R"("id":"3f0d4a52-6f0e-4a5e-9a0b-5f2f0f9d2c11","time":"2025-01-15T10:30:00Z","data":{"healthEvent":{)"
      R"("agent":"","checkName":"","componentClass":"","entitiesImpacted":[],"errorCode":[],)"
      R"("generatedTimestamp":"2025-01-15T10:30:00Z","isFatal":false,"isHealthy":false,"message":"","nodeName":"",)"
      R"("processingStrategy":"UNSPECIFIED","recommendedAction":"NONE","version":0},"metadata":{"cluster":"c"}}})");
}

TEST(CloudEventWriter, WritesThePublishedExampleWhenTheActionIsToBeANumber) {
  Options options = kProduction;
  options.payload_version = PayloadVersion::numeric_action;
  event::HealthEvent event = gpu_event();
  event.recommended_action = 2;
  EXPECT_EQ(
      body_of(event, options),
      R"({"specversion":"1.0","type":"com.nvidia.nvsentinel.health.v1","source":"nvsentinel://prod-us-west-2/healthevents",)"
      R"("id":"3f0d4a52-6f0e-4a5e-9a0b-5f2f0f9d2c11","time":"2026-09-15T09:00:12.0456Z","data":{"healthEvent":{)"
      R"("agent":"syslog-health-monitor","checkName":"SysLogsXIDError","componentClass":"GPU",)"
      R"("entitiesImpacted":[{"entityType":"PCI","entityValue":"0000:17:00.0"},)"
      R"({"entityType":"GPU_UUID","entityValue":"GPU-a1b2c3d4"}],)"
      R"("errorCode":["79"],"generatedTimestamp":"2026-09-15T09:00:12.0456Z","isFatal":true,"isHealthy":false,)"
      R"("message":"XID 79: GPU \u003c0\u003e fell off the bus","nodeName":"gpu-node-42","recommendedAction":2,)"
      R"("version":"v1"},)"
      R"("metadata":{"cluster":"prod-us-west-2","environment":"production","region":"us-west-2"}}})");
}

TEST(CloudEventWriter, WritesDrainOverridesInTheirPlace) {
  event::HealthEvent event;
  event.drain_overrides = {false, true};
  event.custom_recommended_action = "x";
  EXPECT_NE(body_of(event, kProduction)
                .find(R"("customRecommendedAction":"x","drainOverrides":{"force":false,"skip":true},"entitiesImpacted")"),
            std::string::npos);
}

TEST(CloudEventWriter, WritesDigitsForNumbersWithoutAName) {
  const auto names = [](std::int32_t action, std::int32_t strategy) {
    event::HealthEvent event;
    event.recommended_action = action;
    event.processing_strategy = strategy;
    const std::string body = body_of(event, kProduction);
    const auto from = body.find("\"processingStrategy\"");
    return body.substr(from, body.find(",\"version\"") - from);
  };
  EXPECT_EQ(names(24, 3), R"("processingStrategy":"STORE_AND_ANALYSE","recommendedAction":"RESTART_BM")");
  EXPECT_EQ(names(1, 4), R"("processingStrategy":"4","recommendedAction":"1")");
  EXPECT_EQ(names(-1, -2147483647 - 1), R"("processingStrategy":"-2147483648","recommendedAction":"-1")");
  EXPECT_EQ(names(28, 0), R"("processingStrategy":"UNSPECIFIED","recommendedAction":"28")");
  EXPECT_EQ(names(39, 0), R"("processingStrategy":"UNSPECIFIED","recommendedAction":"39")");
}

TEST(CloudEventWriter, EscapesKeysAndTheSource) {
  event::HealthEvent event;
  event.metadata = {{"<b>", "\xff"}, {"A", "1"}, {"a\"", "2"}};
  const std::string body = body_of(event, {.metadata = {{"cluster", "a&b"}, {"<k>", "\n"}}});
  EXPECT_NE(body.find(R"("source":"nvsentinel://a\u0026b/healthevents")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("metadata":{"\u003cb\u003e":"\ufffd","A":"1","a\"":"2"},"nodeName")"), std::string::npos) << body;
  EXPECT_TRUE(body.ends_with(R"("metadata":{"\u003ck\u003e":"\n","cluster":"a\u0026b"}}})")) << body;
}

TEST(CloudEventWriterDeathTest, StopsWithoutACluster) {
  EXPECT_DEATH(CloudEventWriter({.metadata = {{"environment", "test"}}}), "cluster");
}

}  // namespace
}  // namespace exporter::transform
