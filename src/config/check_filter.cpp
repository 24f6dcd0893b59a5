#include "config/check_filter.h"

#include <fmt/format.h>

#include "filter/program.h"

namespace exporter::config {

namespace {

constexpr std::string_view kKey = "exporter.filter.expression";

// The column alone when the expression is one line, as most are.
std::string message(const filter::Problem& problem, bool one_line) {
  return one_line ? fmt::format("column {}: {}", problem.column, problem.what)
                  : fmt::format("line {} of it, column {}: {}", problem.line, problem.column, problem.what);
}

}  // namespace

void check_filter(Draft& draft) {
  const std::string& expression = draft.config.filter.expression;
  if (draft.is_broken(kKey) || filter::is_blank(expression)) {
    return;
  }
  const bool one_line = expression.find('\n') == std::string::npos;
  const auto program = filter::Program::compile(expression);
  if (!program) {
    const filter::Problem& problem = program.error();
    return draft.error(kKey, message(problem, one_line), problem.remedy, problem.excerpt);
  }
  for (const filter::Problem& problem : program->warnings()) {
    draft.warning(kKey, message(problem, one_line), problem.remedy, problem.excerpt);
  }
}

}  // namespace exporter::config
