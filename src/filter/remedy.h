// What to write instead of an operator or call whose operands do not fit. Thread-safety: pure function.
#pragma once

#include <span>
#include <string>

#include "filter/ast.h"
#include "filter/types.h"

namespace exporter::filter {

// `arguments` are the resolved types of `call.children`. Empty when there is no good advice.
[[nodiscard]] std::string remedy_for(const Tree& tree, const Node& call, std::span<const Type* const> arguments);

}  // namespace exporter::filter
