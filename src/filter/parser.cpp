#include "filter/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "filter/lexer.h"
#include "filter/literal.h"
#include "filter/utf8.h"

namespace exporter::filter {

namespace {

struct Macro {
  std::string_view name;
  std::size_t arguments;
  NodeKind kind;
};
constexpr std::array<Macro, 7> kMacros = {{{"all", 2, NodeKind::all},
                                           {"exists", 2, NodeKind::exists},
                                           {"exists_one", 2, NodeKind::exists_one},
                                           {"existsOne", 2, NodeKind::exists_one},
                                           {"filter", 2, NodeKind::filter},
                                           {"map", 2, NodeKind::transform},
                                           {"map", 3, NodeKind::transform}}};

struct Infix {
  std::string_view symbol;
  Function function;
};
// By how tightly they bind, the loosest first.
constexpr std::array<Infix, 7> kRelations = {{{"==", Function::equal},
                                              {"!=", Function::not_equal},
                                              {"<", Function::less},
                                              {"<=", Function::less_equal},
                                              {">", Function::greater},
                                              {">=", Function::greater_equal},
                                              {"in", Function::in}}};
constexpr std::array<Infix, 2> kAdditions = {{{"+", Function::add}, {"-", Function::subtract}}};
constexpr std::array<Infix, 3> kProducts = {
    {{"*", Function::multiply}, {"/", Function::divide}, {"%", Function::remainder}}};

// Each parse function returns null after it has set problem_, and its caller returns null at once.
class Parser {
 public:
  Parser(Tree& tree, std::vector<Token> tokens) : tree_(tree), tokens_(std::move(tokens)) {}

  std::optional<Problem> run() {
    tree_.root = expression();
    if (tree_.root != nullptr && token().kind != TokenKind::end) {
      unexpected("the expression should end here");
    }
    return std::move(problem_);
  }

 private:
  [[nodiscard]] const Token& token() const { return tokens_[at_]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool take_if(std::string_view symbol) {
    const bool found = token().is(symbol);
    if (found) {
      take();
    }
    return found;
  }

  std::nullptr_t refuse(Range range, std::string what, std::string remedy = {}) {
    if (!problem_) {
      problem_ = make_problem(tree_.source, range, std::move(what), std::move(remedy));
    }
    return nullptr;
  }

  std::nullptr_t unexpected(std::string_view wanted) {
    const Token& found = token();
    if (found.kind == TokenKind::end) {
      return refuse(found.range, fmt::format("the expression ends here, but {}", wanted));
    }
    std::string remedy;
    if (found.text == "and" || found.text == "AND") {
      remedy = "\"and\" is written &&";
    } else if (found.text == "or" || found.text == "OR") {
      remedy = "\"or\" is written ||";
    } else if (found.text == "not" || found.text == "NOT") {
      remedy = "\"not\" is written !";
    }
    return refuse(found.range, fmt::format("{}, not {}", wanted, one_line(tree_.source, found.range, 40)),
                  std::move(remedy));
  }

  bool expect(std::string_view symbol, std::string_view wanted) {
    if (take_if(symbol)) {
      return true;
    }
    unexpected(wanted);
    return false;
  }

  Node* make(NodeKind kind, Range range, std::vector<Node*> children = {}) {
    std::size_t height = 0;
    for (const Node* child : children) {
      height = std::max<std::size_t>(height, child->height);
    }
    if (height + 1 > kHighestTree) {
      return refuse(range, "this expression is too long a chain", "split it into parts with && or ||");
    }
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.range = range;
    node.at = range;
    node.height = static_cast<std::uint16_t>(height + 1);
    node.children = std::move(children);
    return &node;
  }

  Node* expression() {
    if (depth_ >= kDeepestNesting) {
      return refuse(token().range, fmt::format("expressions may be nested {} deep, not deeper", kDeepestNesting));
    }
    ++depth_;
    Node* const node = conditional();
    --depth_;
    return node;
  }

  Node* conditional() {
    Node* const condition = any_of();
    if (condition == nullptr || !token().is("?")) {
      return condition;
    }
    const Range at = take().range;
    Node* const then = any_of();
    if (then == nullptr || !expect(":", "a conditional goes on with :")) {
      return nullptr;
    }
    Node* const otherwise = expression();
    if (otherwise == nullptr) {
      return nullptr;
    }
    Node* const node =
        make(NodeKind::conditional, {condition->range.begin, otherwise->range.end}, {condition, then, otherwise});
    return pointing_at(node, at);
  }

  static Node* pointing_at(Node* node, Range at) {
    if (node != nullptr) {
      node->at = at;
    }
    return node;
  }

  Node* any_of() { return chain("||", NodeKind::any_of, &Parser::all_of); }
  Node* all_of() { return chain("&&", NodeKind::all_of, &Parser::relation); }

  // a && b && c is one node, so that long lists of conditions make no high tree.
  Node* chain(std::string_view symbol, NodeKind kind, Node* (Parser::*operand)()) {
    Node* const only = (this->*operand)();
    if (only == nullptr || !token().is(symbol)) {
      return only;
    }
    std::vector<Node*> operands = {only};
    const Range at = token().range;
    while (take_if(symbol)) {
      operands.push_back((this->*operand)());
      if (operands.back() == nullptr) {
        return nullptr;
      }
    }
    const Range range = {only->range.begin, operands.back()->range.end};
    return pointing_at(make(kind, range, std::move(operands)), at);
  }

  Node* relation() { return infix(kRelations, &Parser::addition); }
  Node* addition() { return infix(kAdditions, &Parser::product); }
  Node* product() { return infix(kProducts, &Parser::unary); }

  template <std::size_t count>
  Node* infix(const std::array<Infix, count>& operators, Node* (Parser::*operand)()) {
    Node* left = (this->*operand)();
    while (left != nullptr) {
      const auto* const found =
          std::find_if(operators.begin(), operators.end(), [&](const Infix& each) { return token().is(each.symbol); });
      if (found == operators.end()) {
        return left;
      }
      const Range at = take().range;
      Node* const right = (this->*operand)();
      left =
          right == nullptr ? nullptr : call(found->function, at, {left->range.begin, right->range.end}, {left, right});
    }
    return nullptr;
  }

  Node* call(Function function, Range at, Range range, std::vector<Node*> arguments) {
    Node* const node = pointing_at(make(NodeKind::call, range, std::move(arguments)), at);
    if (node != nullptr) {
      node->function = function;
      node->name = spec_of(function).name;
    }
    return node;
  }

  Node* unary() {
    std::vector<Range> signs;
    const std::string_view symbol = token().is("!") ? "!" : "-";
    while (token().is(symbol)) {
      signs.push_back(take().range);
    }
    if (token().is("!") || token().is("-")) {
      return refuse(token().range, "! and - cannot stand side by side", "put what follows in brackets");
    }
    // The smallest int has no positive counterpart, so a minus belongs to its literal.
    const bool negative =
        symbol == "-" && !signs.empty() && (token().kind == TokenKind::integer || token().kind == TokenKind::real);
    Node* node = member(negative);
    if (negative) {
      signs.pop_back();
    }
    for (; node != nullptr && !signs.empty(); signs.pop_back()) {
      node = call(symbol == "!" ? Function::logical_not : Function::negate, signs.back(),
                  {signs.back().begin, node->range.end}, {node});
    }
    return node;
  }

  Node* member(bool negative) {
    Node* node = primary(negative);
    while (node != nullptr) {
      if (take_if(".")) {
        node = selection(node);
      } else if (token().is("[")) {
        const Range at = take().range;
        Node* const index = expression();
        if (index == nullptr || !token().is("]")) {
          return index == nullptr ? nullptr : unexpected("an index ends with ]");
        }
        const std::uint32_t end = take().range.end;
        node = call(Function::index, {at.begin, end}, {node->range.begin, end}, {node, index});
      } else if (token().is("{") && (node->kind == NodeKind::name || node->kind == NodeKind::select)) {
        return refuse(node->range, "a filter cannot build messages", "a map is written {'key': value}");
      } else {
        return node;
      }
    }
    return nullptr;
  }

  Node* selection(Node* operand) {
    if (token().kind != TokenKind::identifier) {
      return unexpected("a field or function name follows the dot");
    }
    const Token name = take();
    if (token().is("(")) {
      return function_call(name, operand);
    }
    Node* const node =
        pointing_at(make(NodeKind::select, {operand->range.begin, name.range.end}, {operand}), name.range);
    if (node != nullptr) {
      node->name = name.text;
    }
    return node;
  }

  // At the opening bracket. `receiver` is null for f(x).
  Node* function_call(const Token& name, Node* receiver) {
    take();
    std::vector<Node*> arguments;
    if (!token().is(")") && !expressions(")", arguments)) {
      return nullptr;
    }
    if (!token().is(")")) {
      return unexpected("a call ends with )");
    }
    const std::uint32_t end = take().range.end;
    const Range range = {receiver == nullptr ? name.range.begin : receiver->range.begin, end};
    if (receiver == nullptr && name.text == "has" && arguments.size() == 1) {
      return has(name, range, arguments[0]);
    }
    for (const Macro& macro : kMacros) {
      if (receiver != nullptr && macro.name == name.text && macro.arguments == arguments.size()) {
        return expand(macro, name, range, receiver, std::move(arguments));
      }
    }
    if (receiver != nullptr) {
      arguments.insert(arguments.begin(), receiver);
    }
    Node* const node = pointing_at(make(NodeKind::call, range, std::move(arguments)), name.range);
    if (node != nullptr) {
      node->name = name.text;
      node->member_call = receiver != nullptr;
    }
    return node;
  }

  Node* has(const Token& name, Range range, Node* argument) {
    if (argument->kind != NodeKind::select) {
      return refuse(argument->range, "has() asks for a field that is named with a dot, as in has(event.metadata.gpu)",
                    "for other keys write 'key' in event.metadata");
    }
    argument->kind = NodeKind::has;
    argument->range = range;
    argument->at = name.range;
    return argument;
  }

  Node* expand(const Macro& macro, const Token& name, Range range, Node* receiver, std::vector<Node*> arguments) {
    const Node& variable = *arguments[0];
    if (variable.kind != NodeKind::name || variable.root_name) {
      return refuse(variable.range, fmt::format("the first argument of {}() must be a new name", name.text),
                    fmt::format("for example event.errorCode.{}(code, ...)", name.text));
    }
    std::string variable_name = variable.name;
    arguments[0] = receiver;
    Node* const node = pointing_at(make(macro.kind, range, std::move(arguments)), name.range);
    if (node != nullptr) {
      node->name = std::move(variable_name);
    }
    return node;
  }

  // At least one, up to but not including `closing`; a comma may stand before it where `trailing`.
  bool expressions(std::string_view closing, std::vector<Node*>& out, bool trailing = false) {
    do {
      if (trailing && token().is(closing)) {
        return true;
      }
      out.push_back(expression());
      if (out.back() == nullptr) {
        return false;
      }
    } while (take_if(","));
    return true;
  }

  Node* primary(bool negative) {
    const Token found = token();
    switch (found.kind) {
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::real:
        return number(negative);
      case TokenKind::string:
      case TokenKind::bytes:
        return text();
      case TokenKind::identifier:
        return name(false);
      case TokenKind::keyword:
        return keyword();
      case TokenKind::symbol:
        break;
      case TokenKind::end:
        return unexpected("a value is missing");
    }
    if (found.is(".")) {
      take();
      return token().kind == TokenKind::identifier ? name(true) : unexpected("a name follows the dot");
    }
    if (found.is("(")) {
      return bracketed();
    }
    if (found.is("[")) {
      return list();
    }
    if (found.is("{")) {
      return map();
    }
    return unexpected("a value should stand here");
  }

  Node* bracketed() {
    const std::uint32_t begin = take().range.begin;
    Node* const node = expression();
    if (node == nullptr || !token().is(")")) {
      return node == nullptr ? nullptr : unexpected("this bracket should be closed with )");
    }
    node->range = {begin, take().range.end};
    return node;
  }

  Node* name(bool root) {
    const Token found = take();
    if (is_reserved_word(found.text)) {
      return refuse(found.range, fmt::format("the name \"{}\" is reserved", found.text),
                    found.text == "if" ? "a choice is written condition ? one : other" : "");
    }
    if (token().is("(")) {
      return function_call(found, nullptr);
    }
    Node* const node = make(NodeKind::name, found.range);
    if (node != nullptr) {
      node->name = found.text;
      node->root_name = root;
    }
    return node;
  }

  Node* constant(Range range, const Value& value) {
    Node* const node = make(NodeKind::constant, range);
    if (node != nullptr) {
      node->constant = value;
    }
    return node;
  }

  Node* keyword() {
    const Token found = token();
    if (found.text == "in") {
      return unexpected("a value should stand here");
    }
    take();
    return constant(found.range, found.text == "null" ? Value() : Value::of(found.text == "true"));
  }

  Node* number(bool negative) {
    const Token found = take();
    const Range range = {negative ? tokens_[at_ - 2].range.begin : found.range.begin, found.range.end};
    if (found.kind == TokenKind::real) {
      const std::optional<double> value = read_real(found.text);
      return value ? constant(range, Value::of_real(negative ? -*value : *value))
                   : refuse(range, "this number is too large for a double");
    }
    if (found.kind == TokenKind::unsigned_integer) {
      const std::optional<std::uint64_t> value = read_uint(found.text);
      return value ? constant(range, Value::of_uint(*value)) : refuse(range, "this number is too large for a uint");
    }
    const std::optional<std::int64_t> value = read_int(found.text, negative);
    return value ? constant(range, Value::of_int(*value))
                 : refuse(range, "this number does not fit into an int of 64 bits");
  }

  Node* text() {
    const Token found = take();
    tl::expected<std::string, LiteralError> value = read_string(found.text);
    if (!value) {
      const Range within = value.error().range;
      return refuse({found.range.begin + within.begin, found.range.begin + within.end}, value.error().what);
    }
    const std::string& kept = tree_.strings.emplace_back(*std::move(value));
    return constant(found.range, Value::of_text(kept, found.kind == TokenKind::bytes ? Kind::bytes : Kind::string));
  }

  Node* list() {
    const std::uint32_t begin = take().range.begin;
    std::vector<Node*> elements;
    if (!take_if(",") && !token().is("]") && !expressions("]", elements, true)) {
      return nullptr;
    }
    if (!token().is("]")) {
      return unexpected("a list ends with ]");
    }
    return make(NodeKind::list, {begin, take().range.end}, std::move(elements));
  }

  Node* map() {
    const std::uint32_t begin = take().range.begin;
    std::vector<Node*> entries;
    if (!take_if(",")) {
      while (!token().is("}")) {
        entries.push_back(expression());
        if (entries.back() == nullptr || !expect(":", "a : and a value follow a key of a map")) {
          return nullptr;
        }
        entries.push_back(expression());
        if (entries.back() == nullptr) {
          return nullptr;
        }
        if (!take_if(",")) {
          break;
        }
      }
    }
    if (!token().is("}")) {
      return unexpected("a map ends with }");
    }
    return make(NodeKind::map, {begin, take().range.end}, std::move(entries));
  }

  Tree& tree_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::optional<Problem> problem_;
};

}  // namespace

tl::expected<std::unique_ptr<Tree>, Problem> parse(std::string_view source) {
  if (source.size() > kLongestExpression) {
    return tl::unexpected<Problem>(make_problem(
        source, {}, fmt::format("the expression is {} bytes long; {} are allowed", source.size(), kLongestExpression)));
  }
  auto tree = std::make_unique<Tree>(source);
  if (const std::size_t valid = valid_utf8_prefix(source); valid < source.size()) {
    const auto at = static_cast<std::uint32_t>(valid);
    return tl::unexpected<Problem>(make_problem(source, {at, at + 1}, "this byte is no valid UTF-8"));
  }
  tl::expected<std::vector<Token>, Problem> tokens = tokenize(tree->source);
  if (!tokens) {
    return tl::unexpected<Problem>(std::move(tokens.error()));
  }
  if (std::optional<Problem> problem = Parser(*tree, *std::move(tokens)).run()) {
    return tl::unexpected<Problem>(*std::move(problem));
  }
  return tree;
}

}  // namespace exporter::filter
