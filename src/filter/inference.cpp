#include "filter/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace exporter::filter {

std::string did_you_mean(const std::string& nearest, std::string_view prefix) {
  return nearest.empty() ? std::string() : fmt::format("did you mean {}{}?", prefix, nearest);
}

std::string in_quotes(std::string_view name) { return fmt::format("\"{}\"", name); }

const Type* Inference::of_constant(const Value& value) {
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

const Type* Inference::of_type_value(Kind kind) {
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

bool Inference::unify_or_go_back(const Type* left, const Type* right) {
  const std::size_t before = types_.mark();
  if (types_.unify(left, right)) {
    return true;
  }
  types_.go_back_to(before);
  return false;
}

const Type* Inference::join(const Type* left, const Type* right) {
  return left == nullptr ? right : unify_or_go_back(left, right) ? types_.more_general(left, right) : types_.dyn();
}

const Type* Inference::infer_list(Node& node) {
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

const Type* Inference::infer_map(Node& node) {
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

bool Inference::require_boolean(Node& operand, const Type* type, std::string_view who) {
  if (unify_or_go_back(type, basic(TypeKind::boolean))) {
    return true;
  }
  const Type& found = *types_.resolve(type);
  return cannot(operand, operand.range, fmt::format("{} needs a boolean, and this is {}", who, to_text(found)),
                found.kind == TypeKind::list ? "write size(...) > 0 for a list that is not empty"
                                             : std::string(kCompareIt)) != nullptr;
}

const Type* Inference::infer_logic(Node& node) {
  for (Node* child : node.children) {
    const Type* const type = infer(*child);
    if (type == nullptr || !require_boolean(*child, type, node.kind == NodeKind::all_of ? "&&" : "||")) {
      return nullptr;
    }
  }
  return basic(TypeKind::boolean);
}

const Type* Inference::infer_conditional(Node& node, bool mixed_allowed) {
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

const Type* Inference::of_letter(char letter, Signature& signature) {
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

const Type* Inference::match_overloads(std::string_view overloads, const std::vector<const Type*>& arguments) {
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

bool Inference::same(const Type& left, const Type& right) {
  return &left == &right || (left.kind == right.kind && left.first == nullptr && right.first == nullptr &&
                             left.kind != TypeKind::variable);
}

const Type* Inference::infer_call(Node& node) {
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

std::string_view Inference::macro_name(NodeKind kind) {
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

const Type* Inference::element_of(Node& range, const Type* type, std::string_view macro) {
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

const Type* Inference::infer_macro(Node& node) {
  const Type* const range = infer(*node.children[0]);
  const Type* const element = range == nullptr ? nullptr : element_of(*node.children[0], range, macro_name(node.kind));
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

const Type* Inference::infer_selection(Node& node, const Type* operand) {
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
                    fmt::format("{} has no fields, and so no {}", to_text(*operand), in_quotes(node.name)), {});
  }
}

}  // namespace exporter::filter
