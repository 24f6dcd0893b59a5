#include "filter/machine.h"

#include <algorithm>

#include "filter/compare.h"
#include "filter/operators.h"

namespace exporter::filter {

Machine::Machine(const Tree& tree) : slots_(tree.slots) {}

void Machine::begin(const event::HealthEvent& event) {
  work_.begin();
  event_ = &event;
}

Value Machine::evaluate(const Node& node) {
  const Value value = run(node);
  return work_.stopped() ? work_.stop_error() : value;
}

bool Machine::find_element(const Node& macro, bool decides, Value& element) {
  const Value range = run_range(macro);
  for (std::size_t i = 0; !range.is(Kind::error) && i < range.size && !work_.stopped(); ++i) {
    slots_[macro.slot] = element_at(range, i);
    const Value result = run(*macro.children[1]);
    if (result.is(Kind::boolean) && result.truth == decides) {
      element = slots_[macro.slot];
      return true;
    }
  }
  return false;
}

Value Machine::run(const Node& node) {
  if (!work_.step(node)) {
    return work_.stop_error();
  }
  switch (node.kind) {
    case NodeKind::constant:
      return node.constant;
    case NodeKind::event:
      return Value::of_event(*event_);
    case NodeKind::event_field:
      return field_value(*event_, node.field, digits_);
    case NodeKind::variable:
      return slots_[node.slot];
    case NodeKind::select: {
      const Value operand = run(*node.children[0]);
      return operand.is(Kind::error) ? operand : select(work_, node, operand, digits_);
    }
    case NodeKind::has: {
      const Value operand = run(*node.children[0]);
      if (operand.is(Kind::error)) {
        return operand;
      }
      return operand.is_map() ? Value::of(find_key(work_, node, operand, node.name, digits_).has_value())
                              : work_.fail(node, FailureCode::no_selection, operand);
    }
    case NodeKind::list:
      return run_list(node);
    case NodeKind::map:
      return run_map(node);
    case NodeKind::all_of:
      return run_logic(node, false);
    case NodeKind::any_of:
      return run_logic(node, true);
    case NodeKind::conditional:
      return run_conditional(node);
    case NodeKind::call:
      return run_call(node);
    case NodeKind::all:
      return run_quantifier(node, false);
    case NodeKind::exists:
      return run_quantifier(node, true);
    case NodeKind::exists_one:
      return run_exists_one(node);
    case NodeKind::filter:
    case NodeKind::transform:
      return run_collection(node);
    case NodeKind::name:
      break;  // the checker leaves none
  }
  return work_.fail(node, Failure{.code = FailureCode::no_overload});
}

// A boolean or an error.
Value Machine::require_boolean(const Node& node) {
  const Value value = run(node);
  return value.is(Kind::boolean) || value.is(Kind::error) ? value : work_.fail(node, FailureCode::not_boolean, value);
}

// && and ||: the first operand that decides does, else the first error counts.
Value Machine::run_logic(const Node& node, bool decides) {
  Value result = Value::of(!decides);
  for (const Node* child : node.children) {
    const Value value = require_boolean(*child);
    if (value.is(Kind::boolean) && value.truth == decides) {
      return value;
    }
    if (value.is(Kind::error) && !result.is(Kind::error)) {
      result = value;
    }
  }
  return result;
}

Value Machine::run_conditional(const Node& node) {
  const Value condition = require_boolean(*node.children[0]);
  return condition.is(Kind::error) ? condition : run(*node.children[condition.truth ? 1 : 2]);
}

Value Machine::run_call(const Node& node) {
  const Value first = run(*node.children[0]);
  if (first.is(Kind::error)) {
    return first;
  }
  if (node.children.size() == 1) {
    return apply_unary(work_, node, first);
  }
  const Value second = run(*node.children[1]);
  return second.is(Kind::error) ? second : apply_binary(work_, node, first, second, digits_);
}

Value Machine::list_of(const Node& node, const Value* elements, std::size_t size) {
  std::uint16_t deepest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    deepest = std::max(deepest, elements[i].depth);
  }
  if (deepest >= Work::kDeepestValue) {
    return work_.fail(node, Failure{.code = FailureCode::too_deep});
  }
  Value list;
  list.kind = Kind::list;
  list.depth = static_cast<std::uint16_t>(deepest + 1);
  list.elements = elements;
  list.size = size;
  return list;
}

Value Machine::run_list(const Node& node) {
  auto* const elements = work_.take<Value>(node, node.children.size());
  if (elements == nullptr) {
    return work_.stop_error();
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    elements[i] = run(*node.children[i]);
    if (elements[i].is(Kind::error)) {
      return elements[i];
    }
  }
  return list_of(node, elements, node.children.size());
}

Value Machine::run_map(const Node& node) {
  auto* const entries = work_.take<MapEntry>(node, node.children.size() / 2);
  if (entries == nullptr) {
    return work_.stop_error();
  }
  Value map;
  map.kind = Kind::map;
  map.entries = entries;
  std::uint16_t deepest = 0;
  for (std::size_t i = 0; i < node.children.size(); i += 2) {
    const Value key = run(*node.children[i]);
    if (key.is(Kind::error)) {
      return key;
    }
    if (!key.is(Kind::string) && !key.is(Kind::boolean) && !key.is(Kind::integer) && !key.is(Kind::unsigned_integer)) {
      return work_.fail(*node.children[i], FailureCode::bad_key, key);
    }
    if (find_key(work_, node, map, key, digits_)) {
      return work_.fail(*node.children[i], FailureCode::duplicate_key, key);
    }
    const Value value = run(*node.children[i + 1]);
    if (value.is(Kind::error)) {
      return value;
    }
    deepest = std::max(deepest, value.depth);
    entries[map.size++] = {key, value};
  }
  if (deepest >= Work::kDeepestValue) {
    return work_.fail(node, Failure{.code = FailureCode::too_deep});
  }
  map.depth = static_cast<std::uint16_t>(deepest + 1);
  return map;
}

// What a macro runs over: a list, a map or an error.
Value Machine::run_range(const Node& node) {
  const Value range = run(*node.children[0]);
  return range.is_list() || range.is_map() || range.is(Kind::error) ? range
                                                                    : work_.fail(node, FailureCode::no_elements, range);
}

// all() and exists(): as && and || over the elements.
Value Machine::run_quantifier(const Node& node, bool decides) {
  const Value range = run_range(node);
  if (range.is(Kind::error)) {
    return range;
  }
  Value result = Value::of(!decides);
  for (std::size_t i = 0; i < range.size && !work_.stopped(); ++i) {
    slots_[node.slot] = element_at(range, i);
    const Value value = require_boolean(*node.children[1]);
    if (value.is(Kind::boolean) && value.truth == decides) {
      return value;
    }
    if (value.is(Kind::error) && !result.is(Kind::error)) {
      result = value;
    }
  }
  return result;
}

Value Machine::run_exists_one(const Node& node) {
  const Value range = run_range(node);
  if (range.is(Kind::error)) {
    return range;
  }
  std::size_t found = 0;
  for (std::size_t i = 0; i < range.size; ++i) {
    slots_[node.slot] = element_at(range, i);
    const Value value = require_boolean(*node.children[1]);
    if (value.is(Kind::error)) {
      return value;
    }
    found += value.truth ? 1 : 0;
  }
  return Value::of(found == 1);
}

// filter() and map(): a list of what is kept of each element.
Value Machine::run_collection(const Node& node) {
  const Value range = run_range(node);
  if (range.is(Kind::error)) {
    return range;
  }
  auto* const elements = work_.take<Value>(node, range.size);
  if (elements == nullptr) {
    return work_.stop_error();
  }
  const bool filters = node.kind == NodeKind::filter || node.children.size() == 3;
  std::size_t size = 0;
  for (std::size_t i = 0; i < range.size; ++i) {
    const Value element = element_at(range, i);
    slots_[node.slot] = element;
    if (filters) {
      const Value kept = require_boolean(*node.children[1]);
      if (kept.is(Kind::error)) {
        return kept;
      }
      if (!kept.truth) {
        continue;
      }
    }
    elements[size] = node.kind == NodeKind::filter ? element : run(*node.children.back());
    if (elements[size].is(Kind::error)) {
      return elements[size];
    }
    ++size;
  }
  return list_of(node, elements, size);
}

}  // namespace exporter::filter
