#include "filter/remedy.h"

#include <fmt/format.h>

namespace exporter::filter {

namespace {

bool is_constant_text(const Node& node, std::string_view text) {
  return node.kind == NodeKind::constant && node.constant.is(Kind::string) && node.constant.text() == text;
}

bool is_number(const Type& type) {
  return type.kind == TypeKind::integer || type.kind == TypeKind::unsigned_integer || type.kind == TypeKind::real;
}

std::string for_comparison(const Tree& tree, const Node& call, const Type& left, const Type& right) {
  const Node& first = *call.children[0];
  const Node& second = *call.children[1];
  const auto is_in = [&](const Node& element, const Node& list) {
    const std::string text = fmt::format("{} in {}", tree.text_of(element), tree.text_of(list));
    return call.function == Function::not_equal ? fmt::format("write !({})", text) : "write " + text;
  };
  if (left.kind == TypeKind::list && right.kind != TypeKind::list) {
    return is_in(second, first);
  }
  if (right.kind == TypeKind::list && left.kind != TypeKind::list) {
    return is_in(first, second);
  }
  for (const Node* each : {&first, &second}) {
    for (const std::string_view truth : {"true", "false"}) {
      if (is_constant_text(*each, truth) && (left.kind == TypeKind::boolean || right.kind == TypeKind::boolean)) {
        return fmt::format("write {} without quotes", truth);
      }
    }
  }
  return {};
}

// Of a string and a number, the string may be read as one.
std::string for_numbers(const Tree& tree, const Node& call, const Type& left, const Type& right) {
  const bool text_left = left.kind == TypeKind::string && is_number(right);
  const bool text_right = right.kind == TypeKind::string && is_number(left);
  if (text_left || text_right) {
    const Node& text = *call.children[text_left ? 0 : 1];
    const Node& number = *call.children[text_left ? 1 : 0];
    if (text.kind == NodeKind::constant) {
      return {};
    }
    return number.kind == NodeKind::constant && call.function <= Function::not_equal
               ? fmt::format("put the number in quotes, or write {}({})", to_text(text_left ? right : left),
                             tree.text_of(text))
               : fmt::format("read it as a number: {}({})", to_text(text_left ? right : left), tree.text_of(text));
  }
  if (is_number(left) && is_number(right)) {
    return fmt::format("convert one of them, as in double({})", tree.text_of(*call.children[0]));
  }
  return {};
}

std::string for_membership(const Tree& tree, const Node& call, const Type& left, const Type& right) {
  const std::string needle = tree.text_of(*call.children[0]);
  const std::string hay = tree.text_of(*call.children[1]);
  if (right.kind == TypeKind::string && left.kind == TypeKind::string) {
    return fmt::format("for a part of a text write {}.contains({})", hay, needle);
  }
  if (right.kind != TypeKind::list) {
    return {};
  }
  if (left.kind == TypeKind::list) {
    return fmt::format("write {}.exists(x, x in {})", needle, hay);
  }
  if (is_number(left) && right.first->kind == TypeKind::string && call.children[0]->kind == NodeKind::constant) {
    return fmt::format("write '{}' in {}", needle, hay);
  }
  return {};
}

std::string for_text_function(const Tree& tree, const Node& call, const Type& receiver) {
  if (call.children.size() != 2) {
    return {};
  }
  const std::string text = tree.text_of(*call.children[0]);
  const std::string argument = tree.text_of(*call.children[1]);
  if (call.function == Function::contains && (receiver.kind == TypeKind::list || receiver.kind == TypeKind::map)) {
    return fmt::format("write {} in {}", argument, text);
  }
  if (receiver.kind == TypeKind::list) {
    return fmt::format("write {}.exists(x, x.{}({}))", text, call.name, argument);
  }
  return {};
}

}  // namespace

std::string remedy_for(const Tree& tree, const Node& call, std::span<const Type* const> arguments) {
  switch (call.function) {
    case Function::equal:
    case Function::not_equal: {
      std::string remedy = for_comparison(tree, call, *arguments[0], *arguments[1]);
      return remedy.empty() ? for_numbers(tree, call, *arguments[0], *arguments[1]) : remedy;
    }
    case Function::less:
    case Function::less_equal:
    case Function::greater:
    case Function::greater_equal:
    case Function::add:
    case Function::subtract:
    case Function::multiply:
    case Function::divide:
      return for_numbers(tree, call, *arguments[0], *arguments[1]);
    case Function::in:
      return for_membership(tree, call, *arguments[0], *arguments[1]);
    case Function::contains:
    case Function::starts_with:
    case Function::ends_with:
    case Function::matches:
      return for_text_function(tree, call, *arguments[0]);
    default:
      return {};
  }
}

}  // namespace exporter::filter
