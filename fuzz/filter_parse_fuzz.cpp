// Any bytes as an expression: either a refusal that shows its place, or a program that decides about an event.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "filter_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace exporter;
  const std::string expression(data, data + size);
  const auto program = filter::Program::compile(expression);
  if (!program) {
    fuzz::check_problem(program.error(), expression);
    return 0;
  }
  for (const filter::Problem& warning : program->warnings()) {
    fuzz::check_problem(warning, expression);
  }
  static_cast<void>(program->typed_tree());
  event::HealthEvent event;
  event.agent = "agent";
  event.is_fatal = true;
  event.error_codes = {"31", "45"};
  event.metadata = {{"gpu", "7"}};
  filter::Evaluator evaluator(*program);
  static_cast<void>(evaluator.evaluate(event));
  static_cast<void>(evaluator.explain(event));
  return 0;
}
