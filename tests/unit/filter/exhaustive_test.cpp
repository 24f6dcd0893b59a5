// All small expressions of a grammar: the evaluator and the naive one (naive.h) must come to the same value.
//
// Every part stands in dyn(), so that the checker lets every operator meet every type. Expressions are made level by
// level; the naive value of each is made of the naive values of its parts, so the naive side needs no parser and no tree.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "filter/checker.h"
#include "filter/machine.h"
#include "filter/parser.h"
#include "naive.h"
#include "support.h"

namespace exporter::filter {
namespace {

struct Item {
  std::string text;
  naive::Value value;
};
using Items = std::vector<Item>;

// A value as text, the same for both sides: the type first, so that 1 and 1u differ.
std::string show(const naive::Value& value) {
  using namespace naive;
  if (failed(value)) {
    return "error";
  }
  if (holds<Null>(value)) {
    return "null";
  }
  if (holds<bool>(value)) {
    return get<bool>(value) ? "true" : "false";
  }
  if (holds<std::int64_t>(value)) {
    return "int " + std::to_string(get<std::int64_t>(value));
  }
  if (holds<std::uint64_t>(value)) {
    return "uint " + std::to_string(get<std::uint64_t>(value));
  }
  if (holds<double>(value)) {
    return std::isnan(get<double>(value)) ? "double nan" : "double " + std::to_string(get<double>(value));
  }
  if (holds<std::string>(value)) {
    return "'" + get<std::string>(value) + "'";
  }
  std::string text;
  if (holds<List>(value)) {
    for (const naive::Value& each : get<List>(value)) {
      text += show(each) + ", ";
    }
    return "[" + text + "]";
  }
  for (const auto& [key, each] : get<Map>(value)) {
    text += show(key) + ": " + show(each) + ", ";
  }
  return "{" + text + "}";
}

std::string show(const Value& value) {
  std::string text;
  switch (value.kind) {
    case Kind::error:
      return "error";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.truth ? "true" : "false";
    case Kind::integer:
      return "int " + std::to_string(value.number);
    case Kind::unsigned_integer:
      return "uint " + std::to_string(value.natural);
    case Kind::real:
      return std::isnan(value.real) ? "double nan" : "double " + std::to_string(value.real);
    case Kind::string:
      return "'" + std::string(value.text()) + "'";
    case Kind::list:
      for (std::size_t i = 0; i < value.size; ++i) {
        text += show(value.elements[i]) + ", ";
      }
      return "[" + text + "]";
    case Kind::texts:
      for (std::size_t i = 0; i < value.size; ++i) {
        text += "'" + std::string(value.texts[i]) + "', ";
      }
      return "[" + text + "]";
    case Kind::map:
      for (std::size_t i = 0; i < value.size; ++i) {
        text += show(value.entries[i].key) + ": " + show(value.entries[i].value) + ", ";
      }
      return "{" + text + "}";
    case Kind::metadata:
      for (std::size_t i = 0; i < value.size; ++i) {
        text += "'" + std::string(value.metadata[i].first) + "': '" + std::string(value.metadata[i].second) + "', ";
      }
      return "{" + text + "}";
    default:
      return "?";
  }
}

event::HealthEvent small_event() {
  event::HealthEvent event;
  event.agent = "a";
  event.is_fatal = true;
  event.error_codes = {"a", "1"};
  event.metadata = {{"k", "a"}};
  return event;
}

// The value of any expression: within a list, so that the checker has a boolean to look at.
std::string evaluated(const std::string& text, const event::HealthEvent& event) {
  auto tree = parse("[" + text + "] == []");
  if (!tree) {
    return "refused: " + tree.error().text();
  }
  if (const auto problem = check(**tree)) {
    return "refused: " + problem->text();
  }
  prepare_constants(**tree);
  Machine machine(**tree);
  machine.begin(event);
  return show(machine.evaluate(*(*tree)->root->children[0]->children[0]));
}

naive::Value text(const char* characters) { return {std::string(characters)}; }

Items atoms() {
  const naive::Value list = {naive::List{{std::int64_t{1}}, text("a"), {true}}};
  const naive::Value map = {naive::Map{{text("k"), {std::int64_t{1}}}, {{std::int64_t{1}}, {false}}}};
  return {
      {"dyn(true)", {true}},
      {"dyn(false)", {false}},
      {"dyn(1)", {std::int64_t{1}}},
      {"dyn('a')", text("a")},
      {"event.errorCode", {naive::List{text("a"), text("1")}}},
      {"event.metadata", {naive::Map{{text("k"), text("a")}}}},
      {"event.nothing", naive::error()},
      {"dyn(1.0)", {1.0}},
      {"dyn(1u)", {std::uint64_t{1}}},
      {"dyn(null)", {naive::Null{}}},
      {"event.isFatal", {true}},
      {"event.agent", text("a")},
      {"dyn([1, 'a', true])", list},
      {"dyn({'k': 1, 1: false})", map},
      {"dyn(0)", {std::int64_t{0}}},
      {"dyn(-1)", {std::int64_t{-1}}},
      {"dyn(9223372036854775807)", {std::numeric_limits<std::int64_t>::max()}},
      {"dyn(-9223372036854775808)", {std::numeric_limits<std::int64_t>::min()}},
      {"dyn(18446744073709551615u)", {std::numeric_limits<std::uint64_t>::max()}},
      {"dyn(0u)", {std::uint64_t{0}}},
      {"dyn(0.0)", {0.0}},
      {"dyn(-1.5)", {-1.5}},
      {"dyn(1e300)", {1e300}},
      {"dyn(0.0 / 0.0)", {std::nan("")}},
      {"dyn('')", text("")},
      {"dyn([])", {naive::List{}}},
      {"dyn({})", {naive::Map{}}},
  };
}

struct Unary {
  std::string before;
  std::string after;
  std::function<naive::Value(const naive::Value&)> apply;
};
struct Binary {
  std::string middle;
  std::string after;
  std::function<naive::Value(const naive::Value&, const naive::Value&)> apply;
};

std::vector<Unary> unaries() {
  using naive::Value;
  const auto is_text_a = [](const Value& x) { return naive::equal(x, text("a")); };
  const auto itself = [](const Value& x) { return x; };
  return {
      {"!(", ")", naive::logical_not},
      {"-(", ")", naive::negate},
      {"size(", ")", naive::size},
      {"has((", ").k)", [](const Value& value) { return naive::has(value, "k"); }},
      {"(", ").k",
       [](const Value& value) {
         return naive::holds<naive::Map>(value) ? naive::index(value, text("k")) : naive::error();
       }},
      {"(", ").all(x, x == 'a')", [=](const Value& value) { return naive::all(value, is_text_a); }},
      {"(", ").all(x, x)", [=](const Value& value) { return naive::all(value, itself); }},
      {"(", ").exists(x, x == 'a')", [=](const Value& value) { return naive::exists(value, is_text_a); }},
      {"(", ").exists(x, x)", [=](const Value& value) { return naive::exists(value, itself); }},
      {"(", ").exists_one(x, x == 'a')", [=](const Value& value) { return naive::exists_one(value, is_text_a); }},
      {"(", ").filter(x, x != 'a')",
       [](const Value& value) {
         return naive::filter(value, [](const Value& x) { return naive::not_equal(x, text("a")); });
       }},
      {"(", ").map(x, x + x)",
       [](const Value& value) { return naive::map(value, [](const Value& x) { return naive::add(x, x); }); }},
  };
}

std::vector<Binary> binaries() {
  using naive::Value;
  const auto strict = [](auto apply) {
    return [=](const Value& left, const Value& right) {
      return naive::failed(left) || naive::failed(right) ? naive::error() : apply(left, right);
    };
  };
  // a <= b is b > a or equal, and neither for a NaN.
  const auto less_equal = [](const Value& left, const Value& right) {
    const Value below = naive::less(left, right);
    return naive::failed(below) ? below : Value{naive::is_true(below) || naive::same(left, right)};
  };
  return {
      {" && ", "", naive::both_true},
      {" || ", "", naive::one_true},
      {" == ", "", naive::equal},
      {" != ", "", naive::not_equal},
      {" < ", "", strict(naive::less)},
      {" <= ", "", strict(less_equal)},
      {" > ", "", strict([](const Value& left, const Value& right) { return naive::less(right, left); })},
      {" >= ", "", strict([=](const Value& left, const Value& right) { return less_equal(right, left); })},
      {" in ", "", strict(naive::in)},
      {" + ", "", strict(naive::add)},
      {" * ", "", strict(naive::multiply)},
      {" / ", "", strict(naive::divide)},
      {"[", "]", strict(naive::index)},
  };
}

std::string joined(const Item& left, const Binary& op, const Item& right) {
  return "dyn(" + left.text + ")" + op.middle + "dyn(" + right.text + ")" + op.after;
}

Items with_unaries(const Items& parts) {
  Items items;
  for (const Unary& op : unaries()) {
    for (const Item& part : parts) {
      items.push_back({op.before + "dyn(" + part.text + ")" + op.after, op.apply(part.value)});
    }
  }
  return items;
}

Items with_binaries(const Items& lefts, const Items& rights) {
  Items items;
  for (const Binary& op : binaries()) {
    for (const Item& left : lefts) {
      for (const Item& right : rights) {
        items.push_back({joined(left, op, right), op.apply(left.value, right.value)});
      }
    }
  }
  return items;
}

void agree(const Items& items) {
  const event::HealthEvent event = small_event();
  std::size_t differences = 0;
  for (const Item& item : items) {
    const std::string found = evaluated(item.text, event);
    if (found != show(item.value) && ++differences <= 10) {
      ADD_FAILURE() << item.text << "\n  is    " << found << "\n  naive " << show(item.value);
    }
  }
  EXPECT_EQ(differences, 0U) << "of " << items.size();
}

Items some_atoms(std::size_t count) {
  Items some = atoms();
  some.resize(count);
  return some;
}

TEST(Exhaustive, AtomsHaveTheirValues) { agree(atoms()); }

TEST(Exhaustive, EveryOperatorOnEveryTwoAtoms) {
  agree(with_unaries(atoms()));
  agree(with_binaries(atoms(), atoms()));
}

TEST(Exhaustive, ConditionalsOfAllAtoms) {
  Items items;
  const Items all = some_atoms(14);
  for (const Item& condition : all) {
    for (const Item& then : all) {
      for (const Item& otherwise : all) {
        std::string expression = "dyn(" + condition.text + ") ? dyn(" + then.text + ") : dyn(" + otherwise.text + ")";
        items.push_back({std::move(expression), naive::conditional(condition.value, then.value, otherwise.value)});
      }
    }
  }
  agree(items);
}

TEST(Exhaustive, TwoOperatorsOnTheAtomsThatDiffer) {
  const Items few = some_atoms(7);
  Items inner = with_unaries(few);
  for (Item& item : with_binaries(few, few)) {
    inner.push_back(std::move(item));
  }
  agree(with_unaries(inner));
  // Two operators and three atoms: one side is an atom.
  const Items fewer = some_atoms(4);
  agree(with_binaries(inner, fewer));
  agree(with_binaries(fewer, inner));
}

}  // namespace
}  // namespace exporter::filter
