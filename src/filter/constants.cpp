// What of a checked tree is worked out before the first event.
#include <algorithm>

#include "filter/checker.h"

namespace exporter::filter {

namespace {

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

void prepare_constants(Tree& tree) { prepare(tree, *tree.root); }

}  // namespace exporter::filter
