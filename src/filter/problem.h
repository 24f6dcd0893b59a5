// What is wrong, or looks wrong, in an expression: for the person who wrote it.
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter::filter {

// A piece of the expression's text: bytes [begin, end).
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Problem {
  std::size_t line = 1;      // from 1
  std::size_t column = 1;    // from 1, in code points
  std::string what = {};     // one sentence, no full stop
  std::string remedy = {};   // what to write instead; may be empty
  std::string excerpt = {};  // the line and, below it, carets; two lines without an end of line behind the second

  // Several lines, none of them ended:
  //   line 1, column 15: "==" compares a list with a string, which are never equal
  //     event.errorCode == '45'
  //                     ^~
  //     write '45' in event.errorCode
  [[nodiscard]] std::string text() const;
};

// `where` lies within `source`, which may hold any bytes: what a terminal could act on is shown as '?'. Of a long line
// only the surroundings are shown.
[[nodiscard]] Problem make_problem(std::string_view source, Range where, std::string what, std::string remedy = {});

// The text of that range on one line, cut to about `longest` bytes.
[[nodiscard]] std::string one_line(std::string_view source, Range where, std::size_t longest = 80);

// One visible character for each code point of valid UTF-8, and for each byte of other text: what a terminal could act
// on is '?'.
[[nodiscard]] std::string visible(std::string_view text);

}  // namespace exporter::filter
