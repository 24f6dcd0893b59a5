// The second pass of the checker.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/nearest.h"
#include "event/enum_names.h"
#include "filter/checker.h"
#include "filter/inference.h"
#include "filter/remedy.h"

namespace exporter::filter {

namespace {

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  names.reserve(kFieldCount);
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    names.push_back(field_name(static_cast<Field>(i)));
  }
  return names;
}

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
    problems.reserve(found_.size());
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
    const std::string shown = in_quotes(one_line(name, {0, static_cast<std::uint32_t>(name.size())}, 40));
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
           fmt::format("{} compares {} with {}, so it is always {}", in_quotes(spec_of(call.function).name),
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
                     in_quotes(spec_of(call.function).name), types),
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

}  // namespace

std::vector<Problem> find_warnings(const Tree& tree) {
  TypeStore types;
  return Linter(tree, types).run();
}

}  // namespace exporter::filter
