// The filter: a CEL expression over the variable `event` that says which events are exported.
//
//   auto program = filter::Program::compile("event.recommendedAction != 'NONE'");
//   filter::Evaluator evaluator(*program);                       // one a thread
//   filter::Verdict verdict = evaluator.evaluate(event);
//
// `event` is a map with the keys agent, checkName, componentClass, message, nodeName, recommendedAction (its name) :
// string; isFatal, isHealthy: bool; errorCode: list of string; metadata: map of string to string. All of them are always
// there. Source of the contract: NVSentinel's event-exporter, docs/configuration/event-exporter.md, section on filters.
// The language is CEL's (github.com/google/cel-spec, doc/langdef.md) without messages and extension libraries; what users
// see of it is in docs/filter.md.
//
// Errors: an expression that the incumbent refuses is refused, and nothing else is, apart from what has no bound there
// (its length, its nesting) and messages. What compiles but cannot have been meant is a warning.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "event/health_event.h"
#include "filter/problem.h"

namespace exporter::filter {

struct Tree;

// Immutable and cheap to copy. Thread-safety: may be shared by any number of threads.
class Program {
 public:
  // `expression` must not be blank (is_blank): "no filter" is the caller's affair.
  [[nodiscard]] static tl::expected<Program, Problem> compile(std::string_view expression);

  [[nodiscard]] std::string_view expression() const;
  // In the order of the expression; at most 20.
  [[nodiscard]] const std::vector<Problem>& warnings() const { return *warnings_; }
  // The expression as a tree, a line a node: what was understood, and the static types.
  [[nodiscard]] std::string typed_tree() const;

 private:
  friend class Evaluator;
  Program(std::shared_ptr<const Tree> tree, std::vector<Problem> warnings);

  std::shared_ptr<const Tree> tree_;
  std::shared_ptr<const std::vector<Problem>> warnings_;
};

// Only spaces, tabs and line ends: everything is exported.
[[nodiscard]] bool is_blank(std::string_view expression);

enum class Decision : std::uint8_t {
  kept,     // true: export the event
  dropped,  // false: do not
  failed,   // the expression has no result for this event: export it (a filter never loses what it cannot judge)
};

struct Verdict {
  Decision decision = Decision::kept;
  // Why it failed, one line, may quote the event; empty otherwise. Valid until the evaluator's next call.
  std::string_view error;
};

// A part of the expression that decided, with the values of what it looks at.
struct Reason {
  struct Operand {
    std::string expression;
    std::string value;
  };
  std::string expression = {};
  std::string value = {};  // as it would be written in an expression; of an error, its text
  bool failed = false;
  std::vector<Operand> operands = {};
};

// Memory that evaluations reuse: bounded (4 MiB while one runs, a quarter of one kept), and so is the work of one
// evaluation: an expression that needs more fails. Thread-safety: none; one for each thread.
class Evaluator {
 public:
  explicit Evaluator(Program program);
  ~Evaluator();
  Evaluator(Evaluator&& other) noexcept;
  Evaluator& operator=(Evaluator&& other) noexcept;

  // Allocates nothing for usual expressions, once its memory has grown. Does not keep `event`.
  [[nodiscard]] Verdict evaluate(const event::HealthEvent& event);

  // Why: the smallest parts that decide, in the order of the expression. Slower than evaluate(), for people.
  [[nodiscard]] std::vector<Reason> explain(const event::HealthEvent& event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::filter
