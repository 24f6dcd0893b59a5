// What must hold of every expression and every event: shared by the filter's fuzz targets.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "event/health_event.h"
#include "filter/program.h"

namespace exporter::fuzz {

inline void require(bool holds, std::string_view what, std::string_view expression) {
  if (!holds) {
    std::cerr << what << ": " << expression << '\n';
    std::abort();
  }
}

// A message has its parts, and shows nothing that a terminal acts on.
inline void check_problem(const filter::Problem& problem, std::string_view expression) {
  require(!problem.what.empty() && problem.line >= 1 && problem.column >= 1, "a problem without text or place",
          expression);
  for (const char c : problem.text()) {
    require(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F), "a control character in a message",
            expression);
  }
}

// The decision about one event is the same each time, and the same through operators that do not change it. Where the
// work of an evaluation is used up, one operator more may be too much: such events are left out.
inline void check_decisions(const filter::Program& program, const event::HealthEvent& event) {
  const std::string expression(program.expression());
  filter::Evaluator evaluator(program);
  const filter::Decision decision = evaluator.evaluate(event).decision;
  const std::string error(evaluator.evaluate(event).error);
  require(error.empty() == (decision != filter::Decision::failed), "an error without its text", expression);
  static_cast<void>(evaluator.explain(event));
  require(evaluator.evaluate(event).decision == decision, "a second evaluation decides otherwise", expression);
  if (error.find("takes more than") != std::string::npos || error.find("needs more than") != std::string::npos) {
    return;
  }
  const auto same = [&](const std::string& wrapped, bool negated) {
    const auto compiled = filter::Program::compile(wrapped);
    if (!compiled) {
      return;  // too long, too deep
    }
    filter::Evaluator other(*compiled);
    const filter::Verdict found = other.evaluate(event);
    if (found.error.find("more than") != std::string_view::npos) {
      return;
    }
    const bool failed = decision == filter::Decision::failed;
    const bool kept = (decision == filter::Decision::kept) != negated;
    const filter::Decision wanted = failed ? decision : kept ? filter::Decision::kept : filter::Decision::dropped;
    require(found.decision == wanted, "an operator without effect has one", wrapped);
  };
  // The line end closes a comment that the expression may end with.
  same("!(" + expression + "\n)", true);
  same("(" + expression + "\n) && true", false);
  same("false || (" + expression + "\n)", false);
  same("(" + expression + "\n) ? true : false", false);
  same("[" + expression + "\n][0]", false);
  same("[1].all(x, " + expression + "\n)", false);
}

}  // namespace exporter::fuzz
