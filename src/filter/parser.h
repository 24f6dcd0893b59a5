// An expression's text -> its tree. Grammar, after the CEL specification (doc/langdef.md, section "Syntax"):
//
//   Expr     = Or [ "?" Or ":" Expr ] ;
//   Or       = And { "||" And } ;
//   And      = Relation { "&&" Relation } ;
//   Relation = Addition { ( "<" | "<=" | ">=" | ">" | "==" | "!=" | "in" ) Addition } ;
//   Addition = Product { ( "+" | "-" ) Product } ;
//   Product  = Unary { ( "*" | "/" | "%" ) Unary } ;
//   Unary    = { "!" } Member | { "-" } Member ;
//   Member   = Primary { "." SELECTOR [ "(" [ Exprs ] ")" ] | "[" Expr "]" } ;
//   Primary  = [ "." ] IDENT [ "(" [ Exprs ] ")" ]
//            | "(" Expr ")"
//            | "[" [ Exprs ] [ "," ] "]"
//            | "{" [ Expr ":" Expr { "," Expr ":" Expr } ] [ "," ] "}"
//            | LITERAL ;
//   Exprs    = Expr { "," Expr } ;
//
// Macros are recognised here: has(e.f), e.all(x, p), e.exists(x, p), e.exists_one(x, p) (also existsOne), e.map(x, t),
// e.map(x, p, t), e.filter(x, p). Left out of the language: messages (Name{field: value}).
// Thread-safety: pure function.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <tl/expected.hpp>

#include "filter/ast.h"
#include "filter/problem.h"

namespace exporter::filter {

inline constexpr std::size_t kLongestExpression = 32768;  // bytes
// Brackets, calls and conditionals in one another. The incumbent's limit too (cel-go's default).
inline constexpr std::size_t kDeepestNesting = 250;
// Of the tree: a chain a.b.c... or a + b + c... grows upwards too, but not the parser's stack.
inline constexpr std::size_t kHighestTree = 400;

// The tree has names, but no types yet: checker.h.
[[nodiscard]] tl::expected<std::unique_ptr<Tree>, Problem> parse(std::string_view source);

}  // namespace exporter::filter
