#include "config/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace exporter::config {

namespace {

constexpr std::size_t kLongestValue = 80;
constexpr std::size_t kLongestSentence = 200;
constexpr std::string_view kBlanks = " \t\n\v\f\r";

// Of the well-formed UTF-8 sequence that `text` starts with. Control characters U+0080 to U+009F count as none:
// terminals act on them.
std::size_t sequence_length(std::string_view text) {
  const bool control = text.size() > 1 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
  return control ? 0 : utf8_length(text, 0);
}

}  // namespace

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string fold(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return fold(c); });
  return result;
}

namespace {

std::string escaped(std::string_view text, bool quotes, std::size_t longest) {
  std::string result;
  while (!text.empty()) {
    if (result.size() >= longest) {
      return result + "...";
    }
    const char c = text.front();
    std::size_t length = 1;
    if (quotes && (c == '"' || c == '\\')) {
      result.append({'\\', c});
    } else if (c >= ' ' && c < 0x7f) {
      result += c;
    } else if (const std::size_t sequence = sequence_length(text); sequence > 0) {
      length = sequence;
      result.append(text.substr(0, length));
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, false, kLongestSentence); }
std::string in_quotes(std::string_view text) { return "\"" + escaped(text, true, kLongestValue) + "\""; }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace exporter::config
