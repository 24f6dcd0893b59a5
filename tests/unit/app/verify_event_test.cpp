#include "app/verify_event.h"

#include <gtest/gtest.h>

namespace exporter::app {
namespace {

config::Config configured() {
  config::Config config;
  config.metadata = {{"cluster", "prod-1"}, {"site", "a"}};
  return config;
}

constexpr WallTime kNow{std::chrono::seconds(1'700'000'000)};

TEST(VerifyEvent, HasTheFormOfARealOneAndIsMarkedInEachPlaceThatNamesSomething) {
  const VerifyEvent event = make_verify_event(configured(), kNow);
  EXPECT_EQ(
      event.body,
      R"({"specversion":"1.0","type":"com.nvidia.nvsentinel.health.v1","source":"nvsentinel://prod-1/healthevents",)"
      R"("id":")" +
          event.id +
          R"(","time":"2023-11-14T22:13:20Z","data":{"healthEvent":{)"
          R"("agent":"event-exporter-verify-sink","checkName":"event-exporter-verify-sink","componentClass":"GPU",)"
          R"("entitiesImpacted":[],"errorCode":[],"generatedTimestamp":"2023-11-14T22:13:20Z","isFatal":false,)"
          R"("isHealthy":true,"message":"Test event of event-exporter verify-sink: not about any node, to be ignored",)"
          R"("nodeName":"event-exporter-verify-sink","processingStrategy":"STORE_ONLY","recommendedAction":"NONE",)"
          R"("version":1},"metadata":{"cluster":"prod-1","site":"a"}}})");
}

TEST(VerifyEvent, EachHasAnIdOfItsOwnThatNoRealEventCanHave) {
  const VerifyEvent one = make_verify_event(configured(), kNow);
  const VerifyEvent two = make_verify_event(configured(), kNow);
  EXPECT_NE(one.id, two.id);
  for (const VerifyEvent* event : {&one, &two}) {
    EXPECT_EQ(event->id.size(), 36U);
    EXPECT_TRUE(event->id.starts_with(kVerifyIdPrefix)) << event->id;
  }
  // Version 8, where events have 5 or 4.
  EXPECT_EQ(kVerifyIdPrefix.at(14), '8');
}

TEST(VerifyEvent, FollowsThePayloadVersion) {
  config::Config config = configured();
  config.event.payload_version = config::PayloadVersion::numeric_action;
  EXPECT_NE(make_verify_event(config, kNow).body.find(R"("recommendedAction":0)"), std::string::npos);
}

}  // namespace
}  // namespace exporter::app
