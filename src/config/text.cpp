#include "config/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace exporter::config {

namespace {

constexpr std::size_t kLongestValue = 80;
constexpr std::size_t kLongestSentence = 200;
constexpr std::string_view kBlanks = " \t\n\v\f\r";

// The length of the well-formed UTF-8 sequence of two bytes or more that `text` starts with, or 0 (RFC 3629 section 4).
// Control characters U+0080 to U+009F count as none: terminals act on them.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  }
  if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
  }
  if (length == 0 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  const unsigned char second = byte(1);
  const bool bad = (lead == 0xc2 && second < 0xa0) || (lead == 0xe0 && second < 0xa0) ||
                   (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
                   (lead == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
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
