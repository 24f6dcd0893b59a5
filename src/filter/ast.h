// An expression as a tree, after parsing and, with types and resolved names, after checking.
// Thread-safety: plain values; a finished tree is only read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "filter/functions.h"
#include "filter/problem.h"
#include "filter/regex.h"
#include "filter/types.h"
#include "filter/value.h"

namespace exporter::filter {

enum class NodeKind : std::uint8_t {
  constant,     // literal, or a list or map of constants: `constant`
  name,         // an identifier: `name`; the checker leaves none
  event,        // the variable event
  event_field,  // a known field of it: `field`
  variable,     // of the macro that owns `slot`
  select,       // children[0] . name
  has,          // has(children[0] . name)
  list,         // [children...]
  map,          // {children[0]: children[1], ...}
  all_of,       // children[0] && children[1] && ...
  any_of,       // children[0] || children[1] || ...
  conditional,  // children[0] ? children[1] : children[2]
  call,         // an operator or function: `function`; the receiver of a member call is children[0]
  // Macros over children[0] with the variable `name` in `slot`.
  all,         // predicate children[1]
  exists,      // predicate children[1]
  exists_one,  // predicate children[1]
  filter,      // predicate children[1]
  transform,   // map(): [predicate children[1],] result children.back()
};

struct Node {
  NodeKind kind = NodeKind::constant;
  Function function = Function::none;
  Field field = Field::agent;
  bool member_call = false;  // x.f() rather than f(x)
  bool root_name = false;    // .name: never a macro's variable
  std::uint16_t slot = 0;
  std::uint16_t height = 1;  // of the tree below, itself included
  Range range;               // the whole of it
  Range at;                  // where to point: the operator, the name behind the dot
  std::string name;          // identifier, field, function name, macro variable
  Value constant;
  std::vector<Node*> children;
  const Type* type = nullptr;    // after checking
  std::unique_ptr<Regex> regex;  // of matches() with a constant pattern that can be read
};

// Owns all that an expression consists of. Not movable: nodes, constants and types point into it.
struct Tree {
  explicit Tree(std::string_view text) : source(text) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  std::string source;
  std::deque<Node> nodes;
  std::deque<std::string> strings;         // of constants
  std::deque<std::vector<Value>> lists;    // of constants
  std::deque<std::vector<MapEntry>> maps;  // of constants
  TypeStore types;
  Node* root = nullptr;
  std::uint16_t slots = 0;  // variables that are alive at once

  [[nodiscard]] std::string text_of(const Node& node, std::size_t longest = 80) const {
    return one_line(source, node.range, longest);
  }
};

}  // namespace exporter::filter
