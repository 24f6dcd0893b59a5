#include "filter/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "filter/utf8.h"

namespace exporter::filter {

namespace {

// Code points of a line that are shown: a terminal's width, less the indentation.
constexpr std::size_t kWidth = 96;
constexpr std::size_t kLead = 40;  // of these, before the place that matters

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F; }

// `text` without its first `count` code points.
std::string_view skip(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    ++at;
    while (at < text.size() && continues_code_point(text[at])) {
      ++at;
    }
  }
  return text.substr(at);
}

std::string_view first(std::string_view text, std::size_t count) {
  return text.substr(0, text.size() - skip(text, count).size());
}

std::string excerpt_of(std::string_view line, std::size_t begin, std::size_t length) {
  std::string shown = visible(line);
  std::string before;
  std::string after;
  if (count_code_points(shown) > kWidth) {
    const std::size_t cut = begin > kLead ? begin - kLead : 0;
    before = cut > 0 ? "..." : "";
    const std::string_view rest = skip(shown, cut);
    after = count_code_points(rest) > kWidth ? "..." : "";
    shown = std::string(first(rest, kWidth));
    begin -= cut;
  }
  const std::size_t width = count_code_points(shown);
  begin = std::min(begin, width);
  length = std::clamp<std::size_t>(length, 1, std::max<std::size_t>(1, width - begin));
  return fmt::format("{}{}{}\n{}^{}", before, shown, after, std::string(before.size() + begin, ' '),
                     std::string(length - 1, '~'));
}

}  // namespace

std::string visible(std::string_view text) {
  // C1 controls (U+0080 to U+009F) are C2 80 to C2 9F; some terminals act on them.
  const bool valid = is_valid_utf8(text);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool c1 = text[i] == '\xC2' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (text[i] == '\t') {
      result += ' ';
    } else if (is_control(text[i]) || (!valid && (static_cast<unsigned char>(text[i]) & 0x80U) != 0)) {
      result += '?';
    } else if (c1) {
      result += '?';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string Problem::text() const {
  std::string result = fmt::format("line {}, column {}: {}\n  ", line, column, what);
  for (const char c : excerpt) {
    result += c;
    result += c == '\n' ? "  " : "";
  }
  if (!remedy.empty()) {
    result += "\n  " + remedy;
  }
  return result;
}

Problem make_problem(std::string_view source, Range where, std::string what, std::string remedy) {
  const std::size_t begin = std::min<std::size_t>(where.begin, source.size());
  const std::size_t end = std::clamp<std::size_t>(where.end, begin, source.size());
  Problem problem{.what = std::move(what), .remedy = std::move(remedy)};
  const std::string_view before = source.substr(0, begin);
  problem.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::size_t line_end = std::min(source.find('\n', begin), source.size());
  std::string_view line = source.substr(line_begin, line_end - line_begin);
  // As in visible(): where bytes are no code points, each is shown as one character.
  const auto width = [&](std::string_view text) { return is_valid_utf8(line) ? count_code_points(text) : text.size(); };
  const std::size_t column = width(source.substr(line_begin, begin - line_begin));
  problem.column = column + 1;
  problem.excerpt = excerpt_of(line, column, width(source.substr(begin, std::min(end, line_end) - begin)));
  return problem;
}

std::string one_line(std::string_view source, Range where, std::size_t longest) {
  const std::size_t begin = std::min<std::size_t>(where.begin, source.size());
  const std::size_t end = std::clamp<std::size_t>(where.end, begin, source.size());
  std::string text;
  for (const char c : source.substr(begin, end - begin)) {
    // A break and the indentation after it are one space.
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  if (text.size() > longest) {
    std::size_t cut = longest;
    while (cut > 0 && continues_code_point(text[cut])) {
      --cut;
    }
    text.resize(cut);
    text += "...";
  }
  return visible(text);
}

}  // namespace exporter::filter
