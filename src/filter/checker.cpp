#include "filter/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/nearest.h"
#include "event/enum_names.h"
#include "filter/inference.h"
#include "filter/remedy.h"

namespace exporter::filter {

namespace {

// "a.b.c" of a.b.c; empty when it is not only names.
std::string dotted(const Node& node) {
  if (node.kind == NodeKind::name) {
    return node.name;
  }
  if (node.kind != NodeKind::select) {
    return {};
  }
  std::string before = dotted(*node.children[0]);
  return before.empty() ? before : before + "." + node.name;
}

// The first pass: as the incumbent sees the event.
class Checker final : public Inference {
 public:
  explicit Checker(Tree& tree) : Inference(tree.types, tree), mutable_tree_(tree) {}

  std::optional<Problem> run() {
    const Type* const type = infer(*mutable_tree_.root);
    if (type != nullptr && types_.exhausted()) {
      refuse(mutable_tree_.root->range, "this expression is too intricate to be checked", "make it shorter");
    }
    if (type != nullptr && !problem_) {
      for (Node& node : mutable_tree_.nodes) {
        node.type = node.type == nullptr ? nullptr : types_.resolve(node.type);
      }
      require_boolean_result(*types_.resolve(type));
    }
    return std::move(problem_);
  }

 private:
  struct Scope {
    std::string_view name;
    std::uint16_t slot;
    const Type* type;
  };

  std::nullptr_t refuse(Range range, std::string what, std::string remedy = {}) {
    if (!problem_) {
      problem_ = make_problem(tree_.source, range, std::move(what), std::move(remedy));
    }
    return nullptr;
  }

  void require_boolean_result(const Type& type) {
    if (type.kind == TypeKind::boolean) {
      return;
    }
    const Node& root = *mutable_tree_.root;
    if (root.kind == NodeKind::event_field && (root.field == Field::is_fatal || root.field == Field::is_healthy)) {
      refuse(root.range, "the expression must return boolean, and a bare field counts as a value of any type",
             fmt::format("write {} == true", tree_.text_of(root)));
    } else if (type.kind == TypeKind::dyn) {
      refuse(root.range, "the expression must return boolean, and this may return anything", std::string(kCompareIt));
    } else {
      refuse(root.range, fmt::format("the expression must return boolean, and this returns {}", to_text(type)),
             std::string(kCompareIt));
    }
  }

  const Type* infer(Node& node) override {
    const Type* const type = infer_kind(node);
    node.type = type;
    return type;
  }

  const Type* infer_kind(Node& node) {
    switch (node.kind) {
      case NodeKind::constant:
        return of_constant(node.constant);
      case NodeKind::name:
        return resolve_name(node);
      case NodeKind::select:
        return resolve_selection(node);
      case NodeKind::has: {
        const Type* const operand = infer(*node.children[0]);
        return operand == nullptr || infer_selection(node, operand) == nullptr ? nullptr : basic(TypeKind::boolean);
      }
      case NodeKind::list:
        return infer_list(node);
      case NodeKind::map:
        return infer_map(node);
      case NodeKind::all_of:
      case NodeKind::any_of:
        return infer_logic(node);
      case NodeKind::conditional:
        return infer_conditional(node, false);
      case NodeKind::call:
        return resolve_call(node);
      case NodeKind::event:
      case NodeKind::event_field:
      case NodeKind::variable:
        return types_.dyn();  // not before the checker has made them
      default:
        return infer_macro(node);
    }
  }

  void open_scope(Node& node, const Type* element) override {
    node.slot = static_cast<std::uint16_t>(scopes_.size());
    scopes_.push_back({node.name, node.slot, element});
    mutable_tree_.slots = std::max(mutable_tree_.slots, static_cast<std::uint16_t>(scopes_.size()));
  }
  void close_scope() override { scopes_.pop_back(); }

  const Scope* find_scope(const Node& name) const {
    if (name.root_name) {
      return nullptr;
    }
    const auto found =
        std::find_if(scopes_.rbegin(), scopes_.rend(), [&](const Scope& scope) { return scope.name == name.name; });
    return found == scopes_.rend() ? nullptr : &*found;
  }

  static const TypeName* find_type(std::string_view name) {
    const auto* const found =
        std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& each) { return each.name == name; });
    return found == kTypeNames.end() ? nullptr : found;
  }

  const Type* become_type(Node& node, const TypeName& type) {
    node.kind = NodeKind::constant;
    node.constant = Value::of_type(type.kind);
    return of_type_value(type.kind);
  }

  const Type* resolve_name(Node& node) {
    if (const Scope* scope = find_scope(node)) {
      node.kind = NodeKind::variable;
      node.slot = scope->slot;
      return scope->type;
    }
    if (node.name == "event") {
      node.kind = NodeKind::event;
      return types_.map(basic(TypeKind::string), types_.dyn());
    }
    if (const TypeName* type = find_type(node.name)) {
      return become_type(node, *type);
    }
    return refuse(node.range, fmt::format("there is no variable {}", in_quotes(node.name)), advice_for_name(node.name));
  }

  std::string advice_for_name(const std::string& name) const {
    Field field{};
    if (find_field(name, field)) {
      return fmt::format("write event.{}", name);
    }
    const std::string lower = [&] {
      std::string text = name;
      std::transform(text.begin(), text.end(), text.begin(), [](char c) { return ascii_lower(c); });
      return text;
    }();
    if (lower == "true" || lower == "false" || lower == "null") {
      return fmt::format("write {}", lower);
    }
    if (event::recommended_action_number(name)) {
      return fmt::format("a text stands in quotes: '{}'", name);
    }
    std::vector<std::string_view> known = {"event"};
    for (const Scope& scope : scopes_) {
      known.push_back(scope.name);
    }
    return did_you_mean(nearest_of(name, known));
  }

  const Type* resolve_selection(Node& node) {
    Node& operand = *node.children[0];
    // A type's name has dots, unless a macro's variable has its first word.
    if (operand.kind == NodeKind::select && operand.children[0]->kind == NodeKind::name &&
        find_scope(*operand.children[0]) == nullptr) {
      if (const TypeName* type = find_type(dotted(node))) {
        return become_type(node, *type);
      }
    }
    const Type* const type = infer(operand);
    if (type == nullptr) {
      return nullptr;
    }
    if (operand.kind == NodeKind::event && find_field(node.name, node.field)) {
      node.kind = NodeKind::event_field;
      return types_.dyn();
    }
    return infer_selection(node, type);
  }

  const Type* resolve_call(Node& node) {
    if (node.function == Function::none) {
      const std::optional<Function> found =
          find_function(node.name, node.member_call ? CallStyle::member : CallStyle::plain);
      if (!found) {
        return refuse_unknown_function(node);
      }
      node.function = *found;
    }
    const Type* const type = infer_call(node);
    // event['agent'] is event.agent.
    if (type != nullptr && node.function == Function::index && node.children[0]->kind == NodeKind::event &&
        node.children[1]->kind == NodeKind::constant && node.children[1]->constant.is(Kind::string) &&
        find_field(node.children[1]->constant.text(), node.field)) {
      node.kind = NodeKind::event_field;
    }
    return type;
  }

  const Type* refuse_unknown_function(const Node& node) {
    if (find_function(node.name, node.member_call ? CallStyle::plain : CallStyle::member)) {
      return refuse(
          node.at, fmt::format("{} is not called in this way", node.name),
          node.member_call ? fmt::format("write {}(x)", node.name) : fmt::format("write x.{}(...)", node.name));
    }
    constexpr std::array<std::string_view, 7> kMacroNames = {"has",       "all", "exists", "exists_one",
                                                             "existsOne", "map", "filter"};
    if (std::find(kMacroNames.begin(), kMacroNames.end(), node.name) != kMacroNames.end()) {
      return refuse(node.at, fmt::format("{}() is not called in this way", node.name),
                    node.name == "has" ? "write has(event.metadata.gpu)"
                                       : fmt::format("write event.errorCode.{}(code, code == '45')", node.name));
    }
    std::vector<std::string_view> known(kMacroNames.begin(), kMacroNames.end());
    for (const FunctionSpec& spec : all_functions()) {
      if (spec.style != CallStyle::symbol) {
        known.push_back(spec.name);
      }
    }
    std::string advice = did_you_mean(nearest_of(node.name, known));
    if (node.name.find("ower") != std::string::npos || node.name.find("pper") != std::string::npos) {
      advice = "for texts in any letter case write x.matches('(?i)...')";
    }
    return refuse(node.at, fmt::format("there is no function {}", in_quotes(node.name)), std::move(advice));
  }

  const Type* no_overload(Node& call, const std::vector<const Type*>& arguments) override {
    return refuse(call.at, no_meaning(call, arguments), remedy_for(tree_, call, arguments));
  }

  static std::string no_meaning(const Node& call, const std::vector<const Type*>& arguments) {
    const FunctionSpec& spec = spec_of(call.function);
    if (call.function == Function::equal || call.function == Function::not_equal) {
      return fmt::format("{} does not compare {} with {}", in_quotes(spec.name), to_text(*arguments[0]),
                         to_text(*arguments[1]));
    }
    std::string types;
    for (const Type* argument : arguments) {
      types += (types.empty() ? "" : ", ") + to_text(*argument);
    }
    if (spec.style != CallStyle::symbol) {
      return fmt::format("{}() takes no ({})", spec.name, types);
    }
    return fmt::format("{} has no meaning for {}", in_quotes(spec.name), types);
  }

  const Type* cannot(const Node& /*node*/, Range at, std::string what, std::string remedy) override {
    return refuse(at, std::move(what), std::move(remedy));
  }

  Tree& mutable_tree_;
  std::vector<Scope> scopes_;
  std::optional<Problem> problem_;
};

}  // namespace

std::optional<Problem> check(Tree& tree) { return Checker(tree).run(); }

}  // namespace exporter::filter
