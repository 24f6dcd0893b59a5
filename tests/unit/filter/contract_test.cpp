// What NVSentinel's event-exporter promises of its filter, and where this one differs on purpose.
#include "support.h"

namespace exporter::filter {
namespace {

TEST(Contract, TheDocumentedExamplesDecideAsDocumented) {
  event::HealthEvent event = sample_event();
  const auto kept = [&](std::string_view expression) { return outcome(expression, event); };
  const std::string_view actions = "event.recommendedAction != 'NONE'";
  const std::string_view both = "event.recommendedAction != 'NONE' && !('45' in event.errorCode)";
  const std::string_view agent =
      "event.agent == 'gpu-health-monitor' && (event.isFatal == true || event.isHealthy == true)";
  const std::string_view check = "event.checkName != 'GpuPowerWatch'";
  const std::string_view code = "!('45' in event.errorCode)";
  // An event with the codes 31 and 45 is dropped.
  EXPECT_EQ(kept(actions), "true");
  EXPECT_EQ(kept(both), "false");
  EXPECT_EQ(kept(agent), "true");
  EXPECT_EQ(kept(check), "true");
  EXPECT_EQ(kept(code), "false");
  event.error_codes = {"31"};
  EXPECT_EQ(kept(both), "true");
  EXPECT_EQ(kept(code), "true");
  event.error_codes.clear();
  EXPECT_EQ(kept(code), "true");
  event.recommended_action = 0;
  EXPECT_EQ(kept(actions), "false");
  EXPECT_EQ(kept(both), "false");
  event.is_fatal = false;
  EXPECT_EQ(kept(agent), "false");
  event.is_healthy = true;
  EXPECT_EQ(kept(agent), "true");
  event.check_name = "GpuPowerWatch";
  EXPECT_EQ(kept(check), "false");
}

TEST(Contract, WhatIsNotExactlyBooleanIsRefused) {
  for (const std::string_view expression : {"event.agent", "event.isFatal", "1 + 1", "event", "event.errorCode"}) {
    const auto program = Program::compile(expression);
    ASSERT_FALSE(program) << expression;
    EXPECT_NE(program.error().what.find("must return boolean"), std::string::npos) << program.error().text();
    EXPECT_NE(program.error().remedy.find("event.isFatal == true"), std::string::npos) << program.error().text();
  }
  EXPECT_EQ(outcome("event.isFatal && true"), "true");
}

TEST(Contract, AnEventHasItsTenFieldsAndNoOther) {
  for (const std::string_view name :
       {"agent", "checkName", "componentClass", "message", "nodeName", "recommendedAction"}) {
    EXPECT_EQ(outcome("type(event." + std::string(name) + ") == string"), "true") << name;
  }
  EXPECT_EQ(outcome("type(event.isFatal) == bool && type(event.isHealthy) == bool"), "true");
  EXPECT_EQ(outcome("type(event.errorCode) == list && type(event.metadata) == map"), "true");
  for (const std::string_view name : {"entitiesImpacted", "processingStrategy", "customRecommendedAction", "id",
                                      "version", "generatedTimestamp", "quarantineOverrides", "drainOverrides"}) {
    EXPECT_EQ(outcome("has(event." + std::string(name) + ")"), "false") << name;
  }
}

TEST(Contract, AnEmptyEventHasEmptyListsAndMaps) {
  const event::HealthEvent empty;
  EXPECT_EQ(outcome("event.errorCode == [] && event.metadata == {} && event.agent == ''", empty), "true");
  EXPECT_EQ(outcome("has(event.errorCode) && has(event.metadata) && has(event.message)", empty), "true");
  EXPECT_EQ(outcome("event.recommendedAction == 'NONE' && event.isFatal == false", empty), "true");
}

TEST(Contract, RecommendedActionsAreNamesAndElseDigits) {
  event::HealthEvent event;
  event.recommended_action = 15;
  EXPECT_EQ(outcome("event.recommendedAction == 'RESTART_VM'", event), "true");
  event.recommended_action = 28;
  EXPECT_EQ(outcome("event.recommendedAction == '28'", event), "true");
  event.recommended_action = -2147483648;
  EXPECT_EQ(outcome("event.recommendedAction == '-2147483648'", event), "true");
}

TEST(Contract, AnEvaluationThatFailsSaysWhatFailed) {
  EXPECT_EQ(outcome("event.notAField == 'x'"), "error: event.notAField: no such key: notAField");
  EXPECT_EQ(outcome("event.metadata.zone == 'x'"), "error: event.metadata.zone: no such key: zone");
  EXPECT_EQ(outcome("event.metadata['zone'] == 'x'"), "error: event.metadata['zone']: no such key: zone");
  EXPECT_EQ(outcome("event.agent && true"), "error: event.agent: needs a bool, found string");
  EXPECT_EQ(outcome("event.errorCode[7] == 'x'"), "error: event.errorCode[7]: index out of bounds: 7");
  EXPECT_EQ(outcome("int(event.agent) == 1"), "error: int(event.agent): cannot convert \"gpu-health-monitor\"");
  EXPECT_EQ(outcome("event.agent < 1"), "error: event.agent < 1: \"<\" has no meaning for string and int");
  EXPECT_EQ(outcome("event.agent.x == 1"), "error: event.agent.x: a string has no fields");
  EXPECT_EQ(outcome("1 / size(event.errorCode.filter(c, false)) == 1"),
            "error: 1 / size(event.errorCode.filter(c, false)): division by zero");
}

TEST(Contract, AListComparedWithATextIsFalseAndSaidSoBeforehand) {
  const auto program = Program::compile("event.errorCode == '45'");
  ASSERT_TRUE(program);
  ASSERT_EQ(program->warnings().size(), 1U);
  EXPECT_EQ(program->warnings()[0].remedy, "write '45' in event.errorCode");
  EXPECT_EQ(outcome("event.errorCode == '45'"), "false");
}

TEST(Contract, BlankMeansNoFilter) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\r\n"));
  EXPECT_FALSE(is_blank(" true "));
}

}  // namespace
}  // namespace exporter::filter
