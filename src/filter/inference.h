// What both passes of the checker have in common: the types of everything but the event's fields, operators and
// functions by their overloads, macros; and a way to report what does not fit.
// Thread-safety: none.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "filter/ast.h"
#include "filter/types.h"

namespace exporter::filter {

// The types that an expression can name.
struct TypeName {
  std::string_view name;
  Kind kind;
  TypeKind type;
};
inline constexpr std::array<TypeName, 12> kTypeNames = {{
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

inline constexpr std::string_view kCompareIt = "compare it with a value, as in event.isFatal == true";

// "did you mean event.message?", or nothing when no name is near.
[[nodiscard]] std::string did_you_mean(const std::string& nearest, std::string_view prefix = {});
[[nodiscard]] std::string in_quotes(std::string_view name);

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

  const Type* of_constant(const Value& value);
  const Type* of_type_value(Kind kind);
  bool unify_or_go_back(const Type* left, const Type* right);
  // Elements of one list may differ in type; then they are dyn.
  const Type* join(const Type* left, const Type* right);
  const Type* infer_list(Node& node);
  const Type* infer_map(Node& node);
  // The operands of && and ||, conditions, predicates.
  bool require_boolean(Node& operand, const Type* type, std::string_view who);
  const Type* infer_logic(Node& node);
  const Type* infer_conditional(Node& node, bool mixed_allowed);
  // The overloads share the letters A and B of one signature only.
  struct Signature {
    const Type* a = nullptr;
    const Type* b = nullptr;
  };

  const Type* of_letter(char letter, Signature& signature);
  // The result's type when some overload takes these arguments; dyn when several do with different results.
  const Type* match_overloads(std::string_view overloads, const std::vector<const Type*>& arguments);
  static bool same(const Type& left, const Type& right);
  const Type* infer_call(Node& node);
  static std::string_view macro_name(NodeKind kind);
  // The type of a macro's variable, from what it runs over.
  const Type* element_of(Node& range, const Type* type, std::string_view macro);
  const Type* infer_macro(Node& node);
  virtual void open_scope(Node& node, const Type* element) = 0;
  virtual void close_scope() = 0;

  const Type* infer_selection(Node& node, const Type* operand);
  TypeStore& types_;
  const Tree& tree_;
};

}  // namespace exporter::filter
