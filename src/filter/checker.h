// Names and types of a parsed expression: what cannot be compiled, and what compiles but cannot have been meant.
//
// Two passes. The first knows of the variable `event` what the incumbent knows, map(string, dyn), so that it refuses
// what the incumbent refuses and nothing else. The second knows the type of each field; what fails in it is a warning:
// the expression is used as it stands.
// Thread-safety: pure functions; the tree belongs to the caller.
#pragma once

#include <optional>
#include <vector>

#include "filter/ast.h"
#include "filter/problem.h"

namespace exporter::filter {

// Resolves names and functions and gives every node its type. The problem, if any, is the first one.
[[nodiscard]] std::optional<Problem> check(Tree& tree);

// Of a checked tree: fields that no event has, comparisons that have one result whatever the event, calls that fail for
// every event, regular expressions that cannot be read. In the order of the text.
[[nodiscard]] std::vector<Problem> find_warnings(const Tree& tree);

// Of a checked tree: lists and maps of constants become constants, constant regular expressions are compiled.
void prepare_constants(Tree& tree);

}  // namespace exporter::filter
