// Evaluates a checked tree. Nothing of an event is copied, and after the first evaluations nothing is allocated, except
// by a matches() whose pattern is no constant.
//
// && and || are as in the CEL specification ("Logical Operators"): an operand that decides the result hides the error of
// another. What ends an evaluation for its cost (work.h) cannot be hidden.
// Thread-safety: none; the tree may be shared.
#pragma once

#include <vector>

#include "event/health_event.h"
#include "filter/ast.h"
#include "filter/value.h"
#include "filter/work.h"

namespace exporter::filter {

class Machine {
 public:
  // For nodes of this tree, which must outlive the values.
  explicit Machine(const Tree& tree);

  // Values are valid until the next begin(), and as long as `event` is unchanged.
  void begin(const event::HealthEvent& event);
  // Any node outside of macros' bodies, any number of times; then the steps of all of them count together.
  [[nodiscard]] Value evaluate(const Node& node);

  // Of a macro: the element that decides its result, if a single one does. `decides` is the predicate's result sought.
  [[nodiscard]] bool find_element(const Node& macro, bool decides, Value& element);

 private:
  Value run(const Node& node);
  Value run_logic(const Node& node, bool decides);
  Value run_conditional(const Node& node);
  Value run_call(const Node& node);
  Value run_list(const Node& node);
  Value run_map(const Node& node);
  Value run_quantifier(const Node& node, bool decides);
  Value run_exists_one(const Node& node);
  Value run_collection(const Node& node);
  Value run_range(const Node& node);
  Value require_boolean(const Node& node);
  Value list_of(const Node& node, const Value* elements, std::size_t size);

  const event::HealthEvent* event_ = nullptr;
  Work work_;
  std::vector<Value> slots_;
  DigitRoom digits_{};  // of the event's recommended action: one number, whoever asks
};

}  // namespace exporter::filter
