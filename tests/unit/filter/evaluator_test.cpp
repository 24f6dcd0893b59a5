// The evaluator as the pipeline uses it: one a thread, event after event; and its explanations.
#include <cstdlib>
#include <new>

#include "support.h"

namespace {

std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    std::abort();
  }
  return memory;
}

}  // namespace

// Of this test program only. What is not named here (aligned and sized forms) ends in these by the standard's defaults.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace exporter::filter {
namespace {

TEST(Evaluator, AllocatesNothingForUsualExpressions) {
  const event::HealthEvent event = sample_event();
  for (const std::string_view expression : {
           "event.recommendedAction != 'NONE' && !('99' in event.errorCode)",
           "event.agent == 'gpu-health-monitor' && (event.isFatal == true || event.isHealthy == true)",
           "event.nodeName.startsWith('gpu-') && event.message.contains('bus') && !event.checkName.endsWith('Watch')",
           "has(event.metadata.region) && event.metadata.region == 'eu-west'",
           "event.metadata['gpu'] in ['1', '7'] ? size(event.message) > 10 : false",
           "event.errorCode.exists(c, c in ['45', '48'])",
           "event.errorCode.map(c, int(c)).filter(n, n > 40) == [45]",
           "event.message.matches('fallen (off|from)')",
           "event.nodeName + '/' + event.checkName != 'a/b'",
           "event.metadata.zone == 'x' || true",
           "{'a': 1, 'b': 2}['b'] == 2",
           "timestamp('2026-01-01T00:00:00Z') + duration('1h') > timestamp('2025-01-01T00:00:00Z')",
           "string(1.5) + string(7) != ''",
       }) {
    const auto program = Program::compile(expression);
    ASSERT_TRUE(program) << program.error().text();
    Evaluator evaluator(*program);
    ASSERT_EQ(evaluator.evaluate(event).decision, Decision::kept) << expression;
    const std::size_t before = allocations;
    for (int i = 0; i < 10; ++i) {
      static_cast<void>(evaluator.evaluate(event));
    }
    EXPECT_EQ(allocations, before) << expression;
  }
}

TEST(Evaluator, JudgesEachEventByItself) {
  const auto program = Program::compile("event.metadata.temperature == '90' || event.isFatal == true");
  ASSERT_TRUE(program);
  Evaluator evaluator(*program);
  event::HealthEvent fatal = sample_event();
  event::HealthEvent unknown = sample_event();
  unknown.is_fatal = false;
  event::HealthEvent hot = unknown;
  hot.metadata = {{"temperature", "90"}};
  event::HealthEvent cool = unknown;
  cool.metadata = {{"temperature", "40"}};
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(evaluator.evaluate(fatal).decision, Decision::kept);
    const Verdict failed = evaluator.evaluate(unknown);
    EXPECT_EQ(failed.decision, Decision::failed);
    EXPECT_EQ(failed.error, "event.metadata.temperature: no such key: temperature");
    EXPECT_EQ(evaluator.evaluate(hot).decision, Decision::kept);
    const Verdict dropped = evaluator.evaluate(cool);
    EXPECT_EQ(dropped.decision, Decision::dropped);
    EXPECT_EQ(dropped.error, "");
  }
}

TEST(Evaluator, OutlivesTheProgramItWasMadeFrom) {
  auto program = std::make_unique<Program>(*Program::compile("event.agent == 'gpu-health-monitor'"));
  Evaluator evaluator(*program);
  program.reset();
  Evaluator moved = std::move(evaluator);
  EXPECT_EQ(moved.evaluate(sample_event()).decision, Decision::kept);
}

std::string why(std::string_view expression) {
  const auto program = Program::compile(expression);
  if (!program) {
    return program.error().text();
  }
  Evaluator evaluator(*program);
  std::string text;
  for (const Reason& reason : evaluator.explain(sample_event())) {
    text += (text.empty() ? "" : "\n") + reason.expression + (reason.failed ? " fails: " : " is ") + reason.value;
    for (const Reason::Operand& operand : reason.operands) {
      text += "; " + operand.expression + " is " + operand.value;
    }
  }
  return text;
}

TEST(Explain, NamesThePartThatDecides) {
  EXPECT_EQ(why("event.isFatal == true && event.agent == 'x' && event.nodeName == 'y'"),
            "event.agent == 'x' is false; event.agent is \"gpu-health-monitor\"");
  EXPECT_EQ(why("event.agent == 'x' || event.isFatal"), "event.isFatal is true");
  EXPECT_EQ(why("event.isFatal == true && event.nodeName != ''"),
            "event.isFatal == true is true; event.isFatal is true\n"
            "event.nodeName != '' is true; event.nodeName is \"gpu-node-0001\"");
  EXPECT_EQ(why("event.agent == 'x' || event.isHealthy"),
            "event.agent == 'x' is false; event.agent is \"gpu-health-monitor\"\nevent.isHealthy is false");
  EXPECT_EQ(why("!('45' in event.errorCode)"),
            "('45' in event.errorCode) is true; event.errorCode is [\"31\", \"45\"]");
  EXPECT_EQ(why("event.isFatal ? event.agent == 'x' : true"),
            "event.isFatal is true\nevent.agent == 'x' is false; event.agent is \"gpu-health-monitor\"");
  EXPECT_EQ(why("event.errorCode.exists(c, c.startsWith('4'))"),
            "event.errorCode.exists(c, c.startsWith('4')) is true; event.errorCode is [\"31\", \"45\"]; c is \"45\"");
  EXPECT_EQ(why("event.errorCode.all(c, c.startsWith('4'))"),
            "event.errorCode.all(c, c.startsWith('4')) is false; event.errorCode is [\"31\", \"45\"]; c is \"31\"");
  EXPECT_EQ(
      why("event.metadata.zone == 'a' || event.agent == 'x'"),
      "event.metadata.zone == 'a' fails: event.metadata.zone: no such key: zone; event.metadata.zone is not there");
  EXPECT_EQ(why("event.metadata.region.startsWith('us') && true"),
            "event.metadata.region.startsWith('us') is false; event.metadata.region is \"eu-west\"");
}

TEST(Explain, SaysTheSameAsTheVerdict) {
  for (const std::string_view expression :
       {"event.agent && false", "event.agent || true", "(event.nothing || false) && (event.isFatal || false)",
        "!(event.isFatal && event.isHealthy)", "event.isFatal && (event.agent == 'x' || event.nodeName == 'y')"}) {
    EXPECT_FALSE(why(expression).empty()) << expression;
  }
  EXPECT_EQ(why("event.agent && event.nothing && false"), "false is false");
}

}  // namespace
}  // namespace exporter::filter
