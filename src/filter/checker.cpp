#include "filter/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/nearest.h"
#include "event/enum_names.h"
#include "filter/remedy.h"

namespace exporter::filter {

namespace {

struct TypeName {
  std::string_view name;
  Kind kind;
  TypeKind type;
};
constexpr std::array<TypeName, 12> kTypeNames = {{
    {"bool", Kind::boolean, TypeKind::boolean},
    {"bytes", Kind::bytes, TypeKind::bytes},
    {"double", Kind::real, TypeKind::real},
    {"google.protobuf.Duration", Kind::duration, TypeKind::duration},
    {"google.protobuf.Timestamp", Kind::timestamp, TypeKind::timestamp},
    {"int", Kind::integer, TypeKind::integer},
    {"list", Kind::list, TypeKind::list},
    {"map", Kind::map, TypeKind::map},
    {"null_type", Kind::null, TypeKind::null},
    {"string", Kind::string, TypeKind::string},
    {"type", Kind::type, TypeKind::type},
    {"uint", Kind::unsigned_integer, TypeKind::unsigned_integer},
}};

constexpr std::string_view kCompareIt = "compare it with a value, as in event.isFatal == true";

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    names.push_back(field_name(static_cast<Field>(i)));
  }
  return names;
}

std::string did_you_mean(const std::string& nearest, std::string_view prefix = {}) {
  return nearest.empty() ? std::string() : fmt::format("did you mean {}{}?", prefix, nearest);
}

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

std::string quoted(std::string_view name) { return fmt::format("\"{}\"", name); }

// What both passes have in common: the types of everything but the event's fields, and a way to report.
class Inference {
 public:
  virtual ~Inference() = default;

 protected:
  Inference(TypeStore& types, const Tree& tree) : types_(types), tree_(tree) {}

  // Null only in the first pass, after a problem.
  virtual const Type* infer(Node& node) = 0;
  // An operator or function has no meaning for these types. The result is what goes on as its type, or null.
  virtual const Type* no_overload(Node& call, const std::vector<const Type*>& arguments) = 0;
  // Something else cannot be; `type` would be the type of it.
  virtual const Type* cannot(const Node& node, Range at, std::string what, std::string remedy) = 0;

  const Type* basic(TypeKind kind) const { return types_.basic(kind); }

  const Type* of_constant(const Value& value) {
    switch (value.kind) {
      case Kind::boolean:
        return basic(TypeKind::boolean);
      case Kind::integer:
        return basic(TypeKind::integer);
      case Kind::unsigned_integer:
        return basic(TypeKind::unsigned_integer);
      case Kind::real:
        return basic(TypeKind::real);
      case Kind::string:
        return basic(TypeKind::string);
      case Kind::bytes:
        return basic(TypeKind::bytes);
      case Kind::null:
        return basic(TypeKind::null);
      case Kind::type:
        return of_type_value(value.type);
      default:
        return types_.dyn();
    }
  }

  const Type* of_type_value(Kind kind) {
    const auto* const found =
        std::find_if(kTypeNames.begin(), kTypeNames.end(), [&](const TypeName& each) { return each.kind == kind; });
    const TypeKind type = found == kTypeNames.end() ? TypeKind::dyn : found->type;
    if (type == TypeKind::list) {
      return types_.type_of(types_.list(types_.dyn()));
    }
    if (type == TypeKind::map) {
      return types_.type_of(types_.map(types_.dyn(), types_.dyn()));
    }
    return types_.type_of(type == TypeKind::type ? types_.type_of(types_.dyn()) : basic(type));
  }

  bool unify_or_go_back(const Type* left, const Type* right) {
    const std::size_t before = types_.mark();
    if (types_.unify(left, right)) {
      return true;
    }
    types_.go_back_to(before);
    return false;
  }

  // Elements of one list may differ in type; then they are dyn.
  const Type* join(const Type* left, const Type* right) {
    return left == nullptr ? right : unify_or_go_back(left, right) ? types_.more_general(left, right) : types_.dyn();
  }

  const Type* infer_list(Node& node) {
    const Type* element = nullptr;
    for (Node* child : node.children) {
      const Type* const type = infer(*child);
      if (type == nullptr) {
        return nullptr;
      }
      element = join(element, type);
    }
    return types_.list(element == nullptr ? types_.fresh_variable() : element);
  }

  const Type* infer_map(Node& node) {
    std::array<const Type*, 2> joined = {nullptr, nullptr};
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const Type* const type = infer(*node.children[i]);
      if (type == nullptr) {
        return nullptr;
      }
      joined[i % 2] = join(joined[i % 2], type);
    }
    return node.children.empty() ? types_.map(types_.fresh_variable(), types_.fresh_variable())
                                 : types_.map(joined[0], joined[1]);
  }

  // The operands of && and ||, conditions, predicates.
  bool require_boolean(Node& operand, const Type* type, std::string_view who) {
    if (unify_or_go_back(type, basic(TypeKind::boolean))) {
      return true;
    }
    const Type& found = *types_.resolve(type);
    return cannot(operand, operand.range, fmt::format("{} needs a boolean, and this is {}", who, to_text(found)),
                  found.kind == TypeKind::list ? "write size(...) > 0 for a list that is not empty"
                                               : std::string(kCompareIt)) != nullptr;
  }

  const Type* infer_logic(Node& node) {
    for (Node* child : node.children) {
      const Type* const type = infer(*child);
      if (type == nullptr || !require_boolean(*child, type, node.kind == NodeKind::all_of ? "&&" : "||")) {
        return nullptr;
      }
    }
    return basic(TypeKind::boolean);
  }

  const Type* infer_conditional(Node& node, bool mixed_allowed) {
    std::array<const Type*, 3> types = {};
    for (std::size_t i = 0; i < 3; ++i) {
      types[i] = infer(*node.children[i]);
      if (types[i] == nullptr) {
        return nullptr;
      }
    }
    if (!require_boolean(*node.children[0], types[0], "?")) {
      return nullptr;
    }
    if (unify_or_go_back(types[1], types[2])) {
      return types_.more_general(types[1], types[2]);
    }
    if (mixed_allowed) {
      return types_.dyn();
    }
    return cannot(node, node.at,
                  fmt::format("both results of a conditional must have one type, and these are {} and {}",
                              to_text(*types_.resolve(types[1])), to_text(*types_.resolve(types[2]))),
                  "dyn(...) around one of them allows it");
  }

  // The overloads share the letters A and B of one signature only.
  struct Signature {
    const Type* a = nullptr;
    const Type* b = nullptr;
  };

  const Type* of_letter(char letter, Signature& signature) {
    const auto any = [&](const Type*& type) { return type = type == nullptr ? types_.fresh_variable() : type; };
    switch (letter) {
      case 'b':
        return basic(TypeKind::boolean);
      case 'i':
        return basic(TypeKind::integer);
      case 'u':
        return basic(TypeKind::unsigned_integer);
      case 'd':
        return basic(TypeKind::real);
      case 's':
        return basic(TypeKind::string);
      case 'y':
        return basic(TypeKind::bytes);
      case 't':
        return basic(TypeKind::timestamp);
      case 'p':
        return basic(TypeKind::duration);
      case 'A':
        return any(signature.a);
      case 'B':
        return any(signature.b);
      case 'L':
        return types_.list(any(signature.a));
      case 'M':
        return types_.map(any(signature.a), any(signature.b));
      case 'T':
        return types_.type_of(any(signature.a));
      default:
        return types_.dyn();
    }
  }

  // The result's type when some overload takes these arguments; dyn when several do with different results.
  const Type* match_overloads(std::string_view overloads, const std::vector<const Type*>& arguments) {
    const Type* result = nullptr;
    while (!overloads.empty()) {
      const std::string_view overload = overloads.substr(0, overloads.find(' '));
      overloads.remove_prefix(std::min(overloads.size(), overload.size() + 1));
      if (overload.size() != arguments.size() + 1) {
        continue;
      }
      const std::size_t before = types_.mark();
      Signature signature;
      bool matches = true;
      for (std::size_t i = 0; i < arguments.size() && matches; ++i) {
        matches = types_.unify(of_letter(overload[i], signature), arguments[i]);
      }
      if (!matches) {
        types_.go_back_to(before);
        continue;
      }
      const Type* const found = types_.resolve(of_letter(overload.back(), signature));
      result = result == nullptr || same(*result, *found) ? found : types_.dyn();
    }
    return result;
  }

  static bool same(const Type& left, const Type& right) {
    return &left == &right || (left.kind == right.kind && left.first == nullptr && right.first == nullptr &&
                               left.kind != TypeKind::variable);
  }

  const Type* infer_call(Node& node) {
    std::vector<const Type*> arguments;
    for (Node* child : node.children) {
      arguments.push_back(infer(*child));
      if (arguments.back() == nullptr) {
        return nullptr;
      }
    }
    const Type* const result = match_overloads(spec_of(node.function).overloads, arguments);
    if (result != nullptr) {
      return result;
    }
    for (const Type*& argument : arguments) {
      argument = types_.resolve(argument);
    }
    return no_overload(node, arguments);
  }

  static std::string_view macro_name(NodeKind kind) {
    switch (kind) {
      case NodeKind::all:
        return "all";
      case NodeKind::exists:
        return "exists";
      case NodeKind::exists_one:
        return "exists_one";
      case NodeKind::filter:
        return "filter";
      default:
        return "map";
    }
  }

  // The type of a macro's variable, from what it runs over.
  const Type* element_of(Node& range, const Type* type, std::string_view macro) {
    type = types_.resolve(type);
    switch (type->kind) {
      case TypeKind::list:
      case TypeKind::map:
        return type->first;
      case TypeKind::variable:
        types_.unify(type, types_.dyn());
        return types_.dyn();
      case TypeKind::dyn:
        return types_.dyn();
      default:
        return cannot(range, range.range,
                      fmt::format("{}() runs over lists and maps, and this is {}", macro, to_text(*type)), {});
    }
  }

  const Type* infer_macro(Node& node) {
    const Type* const range = infer(*node.children[0]);
    const Type* const element =
        range == nullptr ? nullptr : element_of(*node.children[0], range, macro_name(node.kind));
    if (element == nullptr) {
      return nullptr;
    }
    open_scope(node, element);
    const Type* result = nullptr;
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      result = infer(*node.children[i]);
      const bool predicate = node.kind != NodeKind::transform || i + 1 < node.children.size();
      if (result == nullptr || (predicate && !require_boolean(*node.children[i], result, "a predicate"))) {
        return nullptr;
      }
    }
    close_scope();
    if (node.kind == NodeKind::transform) {
      return types_.list(result);
    }
    return node.kind == NodeKind::filter ? types_.list(element) : basic(TypeKind::boolean);
  }

  virtual void open_scope(Node& node, const Type* element) = 0;
  virtual void close_scope() = 0;

  const Type* infer_selection(Node& node, const Type* operand) {
    operand = types_.resolve(operand);
    switch (operand->kind) {
      case TypeKind::map:
        return operand->second;
      case TypeKind::variable:
        types_.unify(operand, types_.dyn());
        return types_.dyn();
      case TypeKind::dyn:
        return types_.dyn();
      default:
        return cannot(node, node.at,
                      fmt::format("{} has no fields, and so no {}", to_text(*operand), quoted(node.name)), {});
    }
  }

  TypeStore& types_;
  const Tree& tree_;
};

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
    return refuse(node.range, fmt::format("there is no variable {}", quoted(node.name)), advice_for_name(node.name));
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
    return refuse(node.at, fmt::format("there is no function {}", quoted(node.name)), std::move(advice));
  }

  const Type* no_overload(Node& call, const std::vector<const Type*>& arguments) override {
    return refuse(call.at, no_meaning(call, arguments), remedy_for(tree_, call, arguments));
  }

  static std::string no_meaning(const Node& call, const std::vector<const Type*>& arguments) {
    const FunctionSpec& spec = spec_of(call.function);
    if (call.function == Function::equal || call.function == Function::not_equal) {
      return fmt::format("{} does not compare {} with {}", quoted(spec.name), to_text(*arguments[0]),
                         to_text(*arguments[1]));
    }
    std::string types;
    for (const Type* argument : arguments) {
      types += (types.empty() ? "" : ", ") + to_text(*argument);
    }
    if (spec.style != CallStyle::symbol) {
      return fmt::format("{}() takes no ({})", spec.name, types);
    }
    return fmt::format("{} has no meaning for {}", quoted(spec.name), types);
  }

  const Type* cannot(const Node& /*node*/, Range at, std::string what, std::string remedy) override {
    return refuse(at, std::move(what), std::move(remedy));
  }

  Tree& mutable_tree_;
  std::vector<Scope> scopes_;
  std::optional<Problem> problem_;
};

// The second pass: with the types that the fields have.
class Linter final : public Inference {
 public:
  Linter(const Tree& tree, TypeStore& types) : Inference(types, tree), slots_(tree.slots, nullptr) {}

  std::vector<Problem> run() {
    infer(*tree_.root);
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      return a.range.begin != b.range.begin ? a.range.begin < b.range.begin : a.what < b.what;
    });
    std::vector<Problem> problems;
    for (Found& each : found_) {
      problems.push_back(make_problem(tree_.source, each.range, std::move(each.what), std::move(each.remedy)));
    }
    return problems;
  }

 private:
  static constexpr std::size_t kMost = 20;  // an expression of 32 KiB could fill a screen with each of its words

  struct Found {
    Range range;
    std::string what;
    std::string remedy;
  };

  void warn(Range range, std::string what, std::string remedy = {}) {
    if (found_.size() < kMost && !types_.exhausted()) {
      found_.push_back({range, std::move(what), std::move(remedy)});
    }
  }

  // Nothing is written to the nodes; they are mutable for the first pass only.
  const Type* infer(Node& node) override {
    switch (node.kind) {
      case NodeKind::constant:
        return of_constant(node.constant);
      case NodeKind::event:
        return types_.map(basic(TypeKind::string), types_.dyn());
      case NodeKind::event_field:
        return of_field(node.field);
      case NodeKind::variable:
        return slots_[node.slot];
      case NodeKind::select:
      case NodeKind::has:
        return check_selection(node);
      case NodeKind::list:
        return infer_list(node);
      case NodeKind::map:
        return infer_map(node);
      case NodeKind::all_of:
      case NodeKind::any_of:
        return infer_logic(node);
      case NodeKind::conditional:
        return infer_conditional(node, true);
      case NodeKind::call:
        return check_call(node);
      case NodeKind::name:
        return types_.dyn();
      default:
        return infer_macro(node);
    }
  }

  const Type* of_field(Field field) {
    switch (field) {
      case Field::is_fatal:
      case Field::is_healthy:
        return basic(TypeKind::boolean);
      case Field::error_code:
        return types_.list(basic(TypeKind::string));
      case Field::metadata:
        return types_.map(basic(TypeKind::string), basic(TypeKind::string));
      default:
        return basic(TypeKind::string);
    }
  }

  void open_scope(Node& node, const Type* element) override { slots_[node.slot] = element; }
  void close_scope() override {}

  void check_field(std::string_view name, Range at, bool asked) {
    Field field{};
    if (find_field(name, field)) {
      return;
    }
    const std::string nearest = nearest_of(name, field_names());
    const std::string shown = quoted(one_line(name, {0, static_cast<std::uint32_t>(name.size())}, 40));
    warn(at,
         fmt::format("no event has a field {}{}", shown,
                     asked ? ", so this is always false" : ": this always fails, and what fails is exported"),
         nearest.empty()
             ? "an event has agent, checkName, componentClass, errorCode, isFatal, isHealthy, message, metadata, "
               "nodeName and recommendedAction"
             : did_you_mean(nearest, "event."));
  }

  const Type* check_selection(Node& node) {
    const Type* const operand = infer(*node.children[0]);
    const bool has = node.kind == NodeKind::has;
    if (node.children[0]->kind == NodeKind::event) {
      check_field(node.name, node.range, has);
    }
    const Type* const field = infer_selection(node, operand);
    return has ? basic(TypeKind::boolean) : field;
  }

  const Type* check_call(Node& node) {
    const Type* const type = infer_call(node);
    if (node.function == Function::index && node.children[0]->kind == NodeKind::event &&
        node.children[1]->kind == NodeKind::constant && node.children[1]->constant.is(Kind::string)) {
      check_field(node.children[1]->constant.text(), node.range, false);
    }
    if (node.function == Function::matches && node.children[1]->kind == NodeKind::constant &&
        node.children[1]->constant.is(Kind::string)) {
      check_pattern(*node.children[1]);
    }
    if (node.function == Function::equal || node.function == Function::not_equal || node.function == Function::in) {
      check_action(*node.children[0], *node.children[1]);
      check_action(*node.children[1], *node.children[0]);
    }
    return type;
  }

  void check_pattern(const Node& pattern) {
    const auto compiled = Regex::compile(pattern.constant.text());
    if (!compiled) {
      const std::string& why = compiled.error();
      warn(
          pattern.range,
          fmt::format("this regular expression cannot be read ({}): matches() always fails, and what fails is exported",
                      one_line(why, {0, static_cast<std::uint32_t>(why.size())})),
          "the syntax is RE2's");
    }
  }

  // A recommended action is compared with a text that is no name of one.
  void check_action(const Node& field, const Node& other) {
    if (field.kind != NodeKind::event_field || field.field != Field::recommended_action) {
      return;
    }
    if (other.kind == NodeKind::list) {
      for (const Node* element : other.children) {
        check_action(field, *element);
      }
      return;
    }
    if (other.kind != NodeKind::constant || !other.constant.is(Kind::string)) {
      return;
    }
    const std::string_view text = other.constant.text();
    // An action without a name is its number.
    if (!text.empty() && text.find_first_not_of("-0123456789") == std::string_view::npos) {
      return;
    }
    std::vector<std::string_view> names;
    for (std::int32_t number = 0; number < 128; ++number) {
      const std::string_view name = event::recommended_action_name(number);
      if (!name.empty()) {
        names.push_back(name);
      }
    }
    if (std::find(names.begin(), names.end(), text) == names.end()) {
      const std::string nearest = nearest_of(text, names);
      warn(other.range, "no recommended action has this name",
           nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest));
    }
  }

  const Type* no_overload(Node& call, const std::vector<const Type*>& arguments) override {
    std::string remedy = remedy_for(tree_, call, arguments);
    const bool comparison = call.function == Function::equal || call.function == Function::not_equal;
    if (comparison) {
      warn(call.at,
           fmt::format("{} compares {} with {}, so it is always {}", quoted(spec_of(call.function).name),
                       to_text(*arguments[0]), to_text(*arguments[1]),
                       call.function == Function::equal ? "false" : "true"),
           std::move(remedy));
      return basic(TypeKind::boolean);
    }
    if (call.function == Function::in &&
        (arguments[1]->kind == TypeKind::list || arguments[1]->kind == TypeKind::map)) {
      warn(call.at,
           fmt::format("\"in\" looks for {} in {}, so it is always false", to_text(*arguments[0]),
                       to_text(*arguments[1])),
           std::move(remedy));
      return basic(TypeKind::boolean);
    }
    std::string types;
    for (const Type* argument : arguments) {
      types += (types.empty() ? "" : ", ") + to_text(*argument);
    }
    warn(call.at,
         fmt::format("{} has no meaning for {}: this always fails, and what fails is exported",
                     quoted(spec_of(call.function).name), types),
         std::move(remedy));
    return types_.dyn();
  }

  const Type* cannot(const Node& /*node*/, Range at, std::string what, std::string remedy) override {
    warn(at, what + ": this always fails, and what fails is exported", std::move(remedy));
    return types_.dyn();
  }

  std::vector<const Type*> slots_;
  std::vector<Found> found_;
};

bool all_constant(const Node& node) {
  return std::all_of(node.children.begin(), node.children.end(),
                     [](const Node* child) { return child->kind == NodeKind::constant; });
}

std::uint16_t depth_above(const Node& node) {
  std::uint16_t deepest = 0;
  for (const Node* child : node.children) {
    deepest = std::max(deepest, child->constant.depth);
  }
  return static_cast<std::uint16_t>(deepest + 1);
}

void fold_list(Tree& tree, Node& node) {
  std::vector<Value>& elements = tree.lists.emplace_back();
  for (const Node* child : node.children) {
    elements.push_back(child->constant);
  }
  node.kind = NodeKind::constant;
  node.constant = Value();
  node.constant.kind = Kind::list;
  node.constant.depth = depth_above(node);
  node.constant.elements = elements.data();
  node.constant.size = elements.size();
}

void prepare(Tree& tree, Node& node) {
  for (Node* child : node.children) {
    prepare(tree, *child);
  }
  // Maps are left as they are: their keys are looked at when they are made.
  if (node.kind == NodeKind::list && all_constant(node)) {
    fold_list(tree, node);
  }
  if (node.kind == NodeKind::call && node.function == Function::matches &&
      node.children[1]->kind == NodeKind::constant && node.children[1]->constant.is(Kind::string)) {
    if (auto regex = Regex::compile(node.children[1]->constant.text())) {
      node.regex = *std::move(regex);
    }
  }
}

}  // namespace

std::optional<Problem> check(Tree& tree) { return Checker(tree).run(); }

std::vector<Problem> find_warnings(const Tree& tree) {
  TypeStore types;
  return Linter(tree, types).run();
}

void prepare_constants(Tree& tree) { prepare(tree, *tree.root); }

}  // namespace exporter::filter
