// For people: which parts of an expression decided about an event, and what was understood of the expression.
// Thread-safety: as Machine.
#pragma once

#include <string>
#include <vector>

#include "filter/ast.h"
#include "filter/machine.h"
#include "filter/program.h"

namespace exporter::filter {

// After machine.begin().
[[nodiscard]] std::vector<Reason> find_reasons(const Tree& tree, Machine& machine);

[[nodiscard]] std::string typed_tree(const Tree& tree);

}  // namespace exporter::filter
