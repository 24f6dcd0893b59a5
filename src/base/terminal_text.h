// Text of others that people are shown in a terminal. Pure. Thread-safety: free functions without state.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace exporter {

// Appends `text` so that no terminal acts on it and nothing in it hides or moves the rest: control characters (U+0000
// to U+001F, U+007F to U+009F), line and paragraph separators and those that turn the direction of writing (U+061C,
// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) become \n, \r, \t or \uXXXX; each byte that is not part of valid
// UTF-8 becomes \ufffd. JSON text without control characters below U+0020 stays JSON with the same meaning.
void append_for_terminal(std::string& out, std::string_view text);
[[nodiscard]] inline std::string for_terminal(std::string_view text) {
  std::string out;
  append_for_terminal(out, text);
  return out;
}

// "350us", "12ms", "1.525s", "12.3s", "2m5s", "3h10m", "4d2h": what is too small to matter is cut off; of a negative
// one with a minus before it. "0s" for nothing.
[[nodiscard]] std::string short_duration(Duration duration);

}  // namespace exporter
