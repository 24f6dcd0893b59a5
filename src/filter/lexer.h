// An expression's text -> its tokens.
//
// Lexis: the CEL specification (doc/langdef.md), section "Syntax". White space and comments (// to the end of the line)
// are left out. String and number tokens are found here and read in literal.h.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filter/problem.h"

namespace exporter::filter {

enum class TokenKind : std::uint8_t {
  end,         // of the text; always the last token
  identifier,  // also the words that CEL reserves: they may be selected, and nothing else
  keyword,     // true, false, null, in
  integer,     // 12, 0xFF
  unsigned_integer,
  real,
  string,
  bytes,
  symbol,  // an operator, a bracket, a comma, ...
};

struct Token {
  TokenKind kind = TokenKind::end;
  Range range;
  std::string_view text;  // of the source

  [[nodiscard]] bool is(std::string_view symbol_or_keyword) const {
    return (kind == TokenKind::symbol || kind == TokenKind::keyword) && text == symbol_or_keyword;
  }
};

// Ends with TokenKind::end. `source` must outlive the tokens and be no longer than 4 GiB.
[[nodiscard]] tl::expected<std::vector<Token>, Problem> tokenize(std::string_view source);

// as, break, const, ...: no identifiers, because host languages use them.
[[nodiscard]] bool is_reserved_word(std::string_view name);

}  // namespace exporter::filter
