#include "filter/lexer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "filter/utf8.h"

namespace exporter::filter {

namespace {

constexpr std::array<std::string_view, 4> kKeywords = {"true", "false", "null", "in"};
constexpr std::array<std::string_view, 17> kReserved = {"as",        "break",  "const",  "continue", "else", "for",
                                                        "function",  "if",     "import", "let",      "loop", "package",
                                                        "namespace", "return", "var",    "void",     "while"};
// Longer ones first.
constexpr std::array<std::string_view, 24> kSymbols = {"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                                       "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                                       ".",  ",",  "(",  ")",  "[",  "]",  "{", "}"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool goes_on_with_name(char c) { return starts_name(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  tl::expected<std::vector<Token>, Problem> run() {
    while (true) {
      skip_blanks();
      if (at_ == source_.size()) {
        add(TokenKind::end, at_);
        return std::move(tokens_);
      }
      if (std::optional<Problem> problem = next()) {
        return tl::unexpected<Problem>(*std::move(problem));
      }
    }
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  void add(TokenKind kind, std::size_t begin) {
    tokens_.push_back({.kind = kind,
                       .range = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)},
                       .text = source_.substr(begin, at_ - begin)});
  }

  [[nodiscard]] Problem problem(std::size_t begin, std::size_t end, std::string what, std::string remedy = {}) const {
    return make_problem(source_, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, std::move(what),
                        std::move(remedy));
  }

  void skip_blanks() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else {
        return;
      }
    }
  }

  std::optional<Problem> next() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
      return {};
    }
    if (const std::optional<std::size_t> prefix = string_prefix()) {
      return string(*prefix);
    }
    if (starts_name(c)) {
      name();
      return {};
    }
    return symbol();
  }

  void digits() {
    while (is_digit(peek())) {
      ++at_;
    }
  }

  void number() {
    const std::size_t begin = at_;
    TokenKind kind = TokenKind::integer;
    if (peek() == '0' && peek(1) == 'x' && is_hex(peek(2))) {
      at_ += 2;
      while (is_hex(peek())) {
        ++at_;
      }
    } else {
      digits();
      if (peek() == '.' && is_digit(peek(1))) {
        kind = TokenKind::real;
        ++at_;
        digits();
      }
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
        kind = TokenKind::real;
        at_ += 1 + sign;
        digits();
      }
    }
    if (kind == TokenKind::integer && (peek() == 'u' || peek() == 'U')) {
      kind = TokenKind::unsigned_integer;
      ++at_;
    }
    add(kind, begin);
  }

  void name() {
    const std::size_t begin = at_;
    while (goes_on_with_name(peek())) {
      ++at_;
    }
    const std::string_view text = source_.substr(begin, at_ - begin);
    const bool keyword = std::find(kKeywords.begin(), kKeywords.end(), text) != kKeywords.end();
    add(keyword ? TokenKind::keyword : TokenKind::identifier, begin);
  }

  // How many letters stand before the quote of a string that starts here: "", r, b or br in either case.
  [[nodiscard]] std::optional<std::size_t> string_prefix() const {
    std::size_t letters = 0;
    if (peek(letters) == 'b' || peek(letters) == 'B') {
      ++letters;
    }
    if (peek(letters) == 'r' || peek(letters) == 'R') {
      ++letters;
    }
    const char quote = peek(letters);
    return quote == '\'' || quote == '"' ? std::optional(letters) : std::nullopt;
  }

  std::optional<Problem> string(std::size_t prefix) {
    const std::size_t begin = at_;
    const std::string_view letters = source_.substr(begin, prefix);
    const bool raw = letters.find_first_of("rR") != std::string_view::npos;
    const bool bytes = letters.find_first_of("bB") != std::string_view::npos;
    at_ += prefix;
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::size_t width = triple ? 3 : 1;
    const std::string closing(width, quote);
    at_ += width;
    while (at_ < source_.size() && source_.compare(at_, width, closing) != 0) {
      if (!triple && (peek() == '\n' || peek() == '\r')) {
        break;
      }
      // What follows the backslash is checked in literal.h; here it only must not end the string.
      at_ += !raw && peek() == '\\' && at_ + 1 < source_.size() ? 2U : 1U;
    }
    if (source_.compare(std::min(at_, source_.size()), width, closing) != 0) {
      return problem(begin, begin + prefix + width, "this string has no end", "close it with " + closing);
    }
    at_ += width;
    add(bytes ? TokenKind::bytes : TokenKind::string, begin);
    return {};
  }

  std::optional<Problem> symbol() {
    const std::size_t begin = at_;
    for (const std::string_view symbol : kSymbols) {
      if (source_.substr(at_).starts_with(symbol)) {
        at_ += symbol.size();
        add(TokenKind::symbol, begin);
        return {};
      }
    }
    std::size_t end = begin + 1;
    while (end < source_.size() && continues_code_point(source_[end])) {
      ++end;
    }
    std::string remedy;
    switch (peek()) {
      case '&':
        remedy = "\"and\" is written &&";
        break;
      case '|':
        remedy = "\"or\" is written ||";
        break;
      case '=':
        remedy = "\"equals\" is written ==";
        break;
      default:
        break;
    }
    // A typographic quote is what word processors make of ' and ".
    const std::string_view text = source_.substr(begin, end - begin);
    if (text == "\u2018" || text == "\u2019" || text == "\u201c" || text == "\u201d") {
      remedy = "strings stand in ' or \"";
    }
    return problem(begin, end, "this character has no meaning here", std::move(remedy));
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

tl::expected<std::vector<Token>, Problem> tokenize(std::string_view source) { return Lexer(source).run(); }

bool is_reserved_word(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

}  // namespace exporter::filter
