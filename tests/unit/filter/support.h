// Short words for the filter's tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "event/health_event.h"
#include "filter/program.h"

namespace exporter::filter {

// The event that the tests look at unless they say otherwise.
inline event::HealthEvent sample_event() {
  event::HealthEvent event;
  event.agent = "gpu-health-monitor";
  event.check_name = "GpuXidError";
  event.component_class = "GPU";
  event.is_fatal = true;
  event.is_healthy = false;
  event.message = "GPU has fallen off the bus";
  event.recommended_action = 24;  // RESTART_BM
  event.error_codes = {"31", "45"};
  event.metadata = {{"gpu", "7"}, {"region", "eu-west"}};
  event.node_name = "gpu-node-0001";
  return event;
}

// "true", "false", "error: ..." of an evaluation, or "refused: ..." of the compiler.
inline std::string outcome(std::string_view expression, const event::HealthEvent& event) {
  const auto program = Program::compile(expression);
  if (!program) {
    return "refused: " + program.error().what;
  }
  Evaluator evaluator(*program);
  const Verdict verdict = evaluator.evaluate(event);
  switch (verdict.decision) {
    case Decision::kept:
      return "true";
    case Decision::dropped:
      return "false";
    case Decision::failed:
      break;
  }
  return "error: " + std::string(verdict.error);
}

inline std::string outcome(std::string_view expression) { return outcome(expression, sample_event()); }

// What an expression must come to: T true, F false, E an error of the evaluation, R refused by the compiler.
struct Case {
  char expected;
  std::string_view expression;
};

inline void check_cases(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const std::string found = outcome(each.expression);
    const char letter = found == "true" ? 'T' : found == "false" ? 'F' : found.starts_with("error") ? 'E' : 'R';
    EXPECT_EQ(letter, each.expected) << each.expression << " -> " << found;
  }
}

}  // namespace exporter::filter
