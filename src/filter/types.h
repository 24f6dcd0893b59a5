// The static types of expressions, and when one may stand for another.
//
// Source: the CEL specification, section "Gradual Type Checking", and what cel-go's checker accepts, because what it
// accepts must be accepted here: dyn agrees with everything, a type variable takes what it meets and widens to the more
// general, null may stand where a timestamp or a duration is expected.
// Thread-safety: none while checking; a finished store is only read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace exporter::filter {

enum class TypeKind : std::uint8_t {
  dyn,
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  timestamp,
  duration,
  list,      // of `first`
  map,       // from `first` to `second`
  type,      // the type of the type `first`
  variable,  // not known yet
};

struct Type {
  TypeKind kind = TypeKind::dyn;
  std::uint8_t height = 1;
  std::uint32_t variable = 0;
  const Type* first = nullptr;
  const Type* second = nullptr;
};

class TypeStore {
 public:
  TypeStore();
  TypeStore(const TypeStore&) = delete;
  TypeStore& operator=(const TypeStore&) = delete;

  // A kind without parts.
  [[nodiscard]] const Type* basic(TypeKind kind) const { return &basics_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Type* dyn() const { return basic(TypeKind::dyn); }
  // Types that are nested too deeply for any sensible expression are dyn: macros could double a type at each step.
  const Type* list(const Type* element);
  const Type* map(const Type* key, const Type* value);
  const Type* type_of(const Type* type);
  const Type* fresh_variable();

  // Whether both can be one type; binds variables so that they are, also when the answer is no: see mark().
  bool unify(const Type* left, const Type* right);
  // The bindings of now, to go back to when a unification fails.
  [[nodiscard]] std::size_t mark() const { return trail_.size(); }
  void go_back_to(std::size_t mark);

  // What the type is known to be now; variables that are not bound stay.
  const Type* resolve(const Type* type);
  // The more general of two types that can be one.
  const Type* more_general(const Type* left, const Type* right);
  // Whether so much was asked that answers are no longer exact. Bounds the time that hostile expressions can take.
  [[nodiscard]] bool exhausted() const { return steps_ > kMostSteps; }

 private:
  static constexpr std::uint8_t kHighest = 12;
  static constexpr std::size_t kMostSteps = 2'000'000;

  const Type* add(Type type);
  const Type* shallow(const Type* type) const;
  bool contains(const Type* type, std::uint32_t variable);
  bool bind(std::uint32_t variable, const Type* type);

  std::vector<Type> basics_;
  std::deque<Type> types_;
  std::vector<const Type*> bindings_;  // by variable; null: none
  std::vector<std::pair<std::uint32_t, const Type*>> trail_;
  std::size_t steps_ = 0;
};

// As users write it: "list(string)", "map(string, dyn)".
[[nodiscard]] std::string to_text(const Type& type);

}  // namespace exporter::filter
