#include "filter/types.h"

#include <algorithm>
#include <array>

namespace exporter::filter {

TypeStore::TypeStore() {
  for (std::uint8_t kind = 0; kind <= static_cast<std::uint8_t>(TypeKind::variable); ++kind) {
    basics_.push_back({.kind = static_cast<TypeKind>(kind)});
  }
}

const Type* TypeStore::add(Type type) {
  const auto height = [](const Type* part) { return part == nullptr ? 0 : static_cast<int>(part->height); };
  const int highest = 1 + std::max(height(type.first), height(type.second));
  if (highest > kHighest) {
    return dyn();
  }
  type.height = static_cast<std::uint8_t>(highest);
  return &types_.emplace_back(type);
}

const Type* TypeStore::list(const Type* element) { return add({.kind = TypeKind::list, .first = element}); }

const Type* TypeStore::map(const Type* key, const Type* value) {
  return add({.kind = TypeKind::map, .first = key, .second = value});
}

const Type* TypeStore::type_of(const Type* type) { return add({.kind = TypeKind::type, .first = type}); }

const Type* TypeStore::fresh_variable() {
  bindings_.push_back(nullptr);
  return add({.kind = TypeKind::variable, .variable = static_cast<std::uint32_t>(bindings_.size() - 1)});
}

// Follows bindings to a type that is no bound variable, or to the last variable whose binding is no variable.
const Type* TypeStore::shallow(const Type* type) const {
  while (type->kind == TypeKind::variable) {
    const Type* const bound = bindings_[type->variable];
    if (bound == nullptr || bound->kind != TypeKind::variable) {
      return type;
    }
    type = bound;
  }
  return type;
}

bool TypeStore::contains(const Type* type, std::uint32_t variable) {
  if (++steps_ > kMostSteps) {
    return false;
  }
  if (type->kind == TypeKind::variable) {
    const Type* const bound = bindings_[type->variable];
    return type->variable == variable || (bound != nullptr && contains(bound, variable));
  }
  return (type->first != nullptr && contains(type->first, variable)) ||
         (type->second != nullptr && contains(type->second, variable));
}

bool TypeStore::bind(std::uint32_t variable, const Type* type) {
  type = resolve(type);
  if (type->kind == TypeKind::variable && type->variable == variable) {
    return true;
  }
  if (contains(type, variable)) {
    return false;
  }
  trail_.emplace_back(variable, bindings_[variable]);
  bindings_[variable] = type;
  return true;
}

void TypeStore::go_back_to(std::size_t mark) {
  while (trail_.size() > mark) {
    bindings_[trail_.back().first] = trail_.back().second;
    trail_.pop_back();
  }
}

bool TypeStore::unify(const Type* left, const Type* right) {
  if (++steps_ > kMostSteps) {
    return true;
  }
  left = shallow(left);
  right = shallow(right);
  if (left == right) {
    return true;
  }
  if (left->kind != TypeKind::variable && right->kind == TypeKind::variable) {
    std::swap(left, right);
  }
  if (left->kind == TypeKind::variable) {
    const Type* const known = bindings_[left->variable];
    if (known == nullptr) {
      return bind(left->variable, right);
    }
    // `right` may be a variable too: then it is bound to what is known here.
    if (right->kind == TypeKind::variable && bindings_[right->variable] == nullptr) {
      return bind(right->variable, left);
    }
    return unify(known, right) && bind(left->variable, more_general(known, right));
  }
  if (left->kind == TypeKind::dyn || right->kind == TypeKind::dyn) {
    return true;
  }
  if (left->kind == TypeKind::null || right->kind == TypeKind::null) {
    const TypeKind other = left->kind == TypeKind::null ? right->kind : left->kind;
    return other == TypeKind::null || other == TypeKind::timestamp || other == TypeKind::duration;
  }
  if (left->kind != right->kind) {
    return false;
  }
  if (left->kind == TypeKind::type) {
    return true;
  }
  return (left->first == nullptr || unify(left->first, right->first)) &&
         (left->second == nullptr || unify(left->second, right->second));
}

const Type* TypeStore::resolve(const Type* type) {
  if (++steps_ > kMostSteps) {
    return dyn();
  }
  switch (type->kind) {
    case TypeKind::variable:
      return bindings_[type->variable] == nullptr ? type : resolve(bindings_[type->variable]);
    case TypeKind::list:
    case TypeKind::type: {
      const Type* const part = resolve(type->first);
      return part == type->first ? type : add({.kind = type->kind, .first = part});
    }
    case TypeKind::map: {
      const Type* const key = resolve(type->first);
      const Type* const value = resolve(type->second);
      return key == type->first && value == type->second ? type : map(key, value);
    }
    default:
      return type;
  }
}

const Type* TypeStore::more_general(const Type* left, const Type* right) {
  if (++steps_ > kMostSteps) {
    return dyn();
  }
  left = resolve(left);
  right = resolve(right);
  if (left == right || left->kind == TypeKind::dyn) {
    return left;
  }
  if (right->kind == TypeKind::dyn || left->kind == TypeKind::variable) {
    return right;
  }
  // null gives way to the timestamp or duration that it stands for.
  if (left->kind == TypeKind::null) {
    return right;
  }
  if (left->kind != right->kind) {
    return left;
  }
  if (left->kind == TypeKind::type) {
    const std::size_t before = mark();
    const bool same = unify(left->first, right->first);
    go_back_to(before);
    return type_of(same ? more_general(left->first, right->first) : dyn());
  }
  if (left->kind == TypeKind::list) {
    return list(more_general(left->first, right->first));
  }
  if (left->kind == TypeKind::map) {
    return map(more_general(left->first, right->first), more_general(left->second, right->second));
  }
  return left;
}

std::string to_text(const Type& type) {
  constexpr std::array<std::string_view, 14> kNames = {"dyn",    "null_type", "bool",  "int",       "uint",
                                                       "double", "string",    "bytes", "timestamp", "duration",
                                                       "list",   "map",       "type",  "dyn"};
  std::string text(kNames[static_cast<std::size_t>(type.kind)]);
  if (type.first != nullptr) {
    text += "(" + to_text(*type.first);
    if (type.second != nullptr) {
      text += ", " + to_text(*type.second);
    }
    text += ")";
  }
  return text;
}

}  // namespace exporter::filter
