#include "filter/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace exporter::filter {

namespace {

constexpr std::size_t kMostReasons = 16;
constexpr std::size_t kMostOperands = 6;

bool is_macro(NodeKind kind) { return kind >= NodeKind::all; }

// event.metadata.gpu, event.errorCode[0]: what is read of the event, as one.
bool is_path(const Node& node) {
  switch (node.kind) {
    case NodeKind::event_field:
      return true;
    case NodeKind::select:
      return node.children[0]->kind == NodeKind::event || is_path(*node.children[0]);
    case NodeKind::call:
      return node.function == Function::index && is_path(*node.children[0]) &&
             node.children[1]->kind == NodeKind::constant;
    default:
      return false;
  }
}

class Explainer {
 public:
  Explainer(const Tree& tree, Machine& machine) : tree_(tree), machine_(machine) {}

  std::vector<Reason> run() {
    collect(*tree_.root);
    return std::move(reasons_);
  }

 private:
  void collect(const Node& node) {
    if (reasons_.size() >= kMostReasons) {
      return;
    }
    switch (node.kind) {
      case NodeKind::all_of:
        return collect_logic(node, false);
      case NodeKind::any_of:
        return collect_logic(node, true);
      case NodeKind::conditional: {
        collect(*node.children[0]);
        const Value condition = machine_.evaluate(*node.children[0]);
        if (condition.is(Kind::boolean)) {
          collect(*node.children[condition.truth ? 1 : 2]);
        }
        return;
      }
      case NodeKind::call:
        if (node.function == Function::logical_not) {
          return collect(*node.children[0]);
        }
        break;
      default:
        break;
    }
    add(node);
  }

  // The operand that decides, if one does; else the one that failed; else all of them.
  void collect_logic(const Node& node, bool decides) {
    const Value result = machine_.evaluate(node);
    for (const Node* child : node.children) {
      const Value value = machine_.evaluate(*child);
      if (result.is(Kind::boolean) && result.truth != decides) {
        // A constant that does not decide says nothing.
        if (child->kind != NodeKind::constant) {
          collect(*child);
        }
      } else if (result.is(Kind::boolean) ? value.is(Kind::boolean) && value.truth == decides
                                          : !value.is(Kind::boolean)) {
        return collect(*child);
      }
    }
  }

  void add(const Node& node) {
    const Value value = machine_.evaluate(node);
    Reason reason{.expression = tree_.text_of(node, 160)};
    reason.failed = value.is(Kind::error);
    reason.value = reason.failed ? to_text(tree_, *value.failure) : to_text(value);
    if (!is_path(node)) {
      add_operands(node, reason);
    }
    if (value.is(Kind::boolean) &&
        ((node.kind == NodeKind::exists && value.truth) || (node.kind == NodeKind::all && !value.truth))) {
      Value element;
      if (machine_.find_element(node, node.kind == NodeKind::exists, element)) {
        reason.operands.push_back({node.name, to_text(element)});
      }
    }
    reasons_.push_back(std::move(reason));
  }

  void add_operands(const Node& node, Reason& reason) {
    if (reason.operands.size() >= kMostOperands) {
      return;
    }
    if (is_path(node)) {
      const std::string text = tree_.text_of(node);
      const bool known = std::any_of(reason.operands.begin(), reason.operands.end(),
                                     [&](const Reason::Operand& operand) { return operand.expression == text; });
      if (!known) {
        const Value value = machine_.evaluate(node);
        reason.operands.push_back({text, value.is(Kind::error) ? "not there" : to_text(value)});
      }
      return;
    }
    // has(event.metadata.gpu): what is there instead says more than true or false.
    const std::size_t outside = is_macro(node.kind) ? 1 : node.children.size();
    for (std::size_t i = 0; i < outside; ++i) {
      add_operands(*node.children[i], reason);
    }
  }

  const Tree& tree_;
  Machine& machine_;
  std::vector<Reason> reasons_;
};

std::string_view kind_text(NodeKind kind) {
  constexpr std::array<std::string_view, 17> kNames = {
      "constant", "name", "event",       "field", "variable", "select", "has",        "list",  "map",
      "and",      "or",   "conditional", "call",  "all",      "exists", "exists_one", "filter"};
  return kind == NodeKind::transform ? "map()" : kNames[static_cast<std::size_t>(kind)];
}

std::string label(const Node& node) {
  switch (node.kind) {
    case NodeKind::constant:
      return to_text(node.constant);
    case NodeKind::event:
      return "event";
    case NodeKind::event_field:
      return fmt::format("event.{}", field_name(node.field));
    case NodeKind::variable:
      return "variable";
    case NodeKind::select:
      return fmt::format("select {}", node.name);
    case NodeKind::has:
      return fmt::format("has {}", node.name);
    case NodeKind::call:
      return std::string(spec_of(node.function).name) + (spec_of(node.function).style == CallStyle::symbol ? "" : "()");
    case NodeKind::all:
    case NodeKind::exists:
    case NodeKind::exists_one:
    case NodeKind::filter:
    case NodeKind::transform:
      return fmt::format("{} {}", kind_text(node.kind), node.name);
    default:
      return std::string(kind_text(node.kind));
  }
}

void write_tree(const Tree& tree, const Node& node, std::size_t depth, std::string& out) {
  out += fmt::format("{}{} : {}\n", std::string(2 * depth, ' '),
                     node.kind == NodeKind::variable ? tree.text_of(node) : label(node),
                     node.type == nullptr ? "dyn" : to_text(*node.type));
  if (node.kind == NodeKind::constant || node.kind == NodeKind::event_field) {
    return;
  }
  for (const Node* child : node.children) {
    write_tree(tree, *child, depth + 1, out);
  }
}

}  // namespace

std::vector<Reason> find_reasons(const Tree& tree, Machine& machine) { return Explainer(tree, machine).run(); }

std::string typed_tree(const Tree& tree) {
  std::string out;
  write_tree(tree, *tree.root, 0, out);
  return out;
}

}  // namespace exporter::filter
