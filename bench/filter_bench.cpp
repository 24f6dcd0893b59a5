// What the filter costs an event. Goal: under 2 us for every expression that users write.
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "event/health_event.h"
#include "filter/program.h"

namespace exporter {
namespace {

event::HealthEvent sample_event() {
  event::HealthEvent event;
  event.agent = "syslog-health-monitor";
  event.check_name = "SysLogsXIDError";
  event.component_class = "GPU";
  event.is_fatal = true;
  event.message = "NVRM: Xid (PCI:0000:17:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";
  event.recommended_action = 24;
  event.error_codes = {"31", "79"};
  event.metadata = {{"driverVersion", "570.86.15"}, {"trace_id", "4bf92f3577b34da6a3ce929d0f000000"}, {"region", "eu"}};
  event.node_name = "gpu-node-0001";
  return event;
}

void evaluate(benchmark::State& state, std::string_view expression) {
  const auto program = filter::Program::compile(expression);
  if (!program) {
    state.SkipWithError(program.error().what.c_str());
    return;
  }
  filter::Evaluator evaluator(*program);
  const event::HealthEvent event = sample_event();
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluator.evaluate(event));
  }
}

void compile(benchmark::State& state, std::string_view expression) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(filter::Program::compile(expression));
  }
}

constexpr std::string_view kUsual = "event.recommendedAction != 'NONE' && !('45' in event.errorCode)";

BENCHMARK_CAPTURE(evaluate, action, "event.recommendedAction != 'NONE'");
BENCHMARK_CAPTURE(evaluate, action_and_code, kUsual);
BENCHMARK_CAPTURE(evaluate, agent_and_severity,
                  "event.agent == 'syslog-health-monitor' && (event.isFatal == true || event.isHealthy == true)");
BENCHMARK_CAPTURE(evaluate, code_in_list, "event.errorCode.exists(c, c in ['13', '31', '43', '45', '68', '79', '94'])");
BENCHMARK_CAPTURE(evaluate, metadata, "has(event.metadata.region) && event.metadata.region == 'eu'");
BENCHMARK_CAPTURE(evaluate, missing_metadata_fails, "event.metadata.zone == 'a'");
BENCHMARK_CAPTURE(evaluate, text_functions,
                  "event.nodeName.startsWith('gpu-') && event.message.contains('fallen off') && "
                  "!event.checkName.endsWith('Watch')");
BENCHMARK_CAPTURE(evaluate, regular_expression, "event.message.matches('Xid.*: (79|94|95),')");
BENCHMARK_CAPTURE(evaluate, numbers, "event.errorCode.map(c, int(c)).exists(n, n >= 60 && n < 80)");
BENCHMARK_CAPTURE(compile, action_and_code, kUsual);

}  // namespace
}  // namespace exporter

BENCHMARK_MAIN();
