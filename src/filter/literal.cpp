#include "filter/literal.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "filter/utf8.h"

namespace exporter::filter {

namespace {

std::optional<std::uint64_t> read_digits(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Reads the escapes of one literal.
class Unescaper {
 public:
  Unescaper(std::string_view body, std::size_t offset, bool bytes) : body_(body), offset_(offset), bytes_(bytes) {}

  tl::expected<std::string, LiteralError> run() {
    while (at_ < body_.size()) {
      if (body_[at_] != '\\') {
        out_ += body_[at_++];
        continue;
      }
      const std::size_t begin = at_++;
      if (!escape()) {
        return tl::unexpected<LiteralError>({{static_cast<std::uint32_t>(offset_ + begin),
                                              static_cast<std::uint32_t>(offset_ + std::max(at_, begin + 2))},
                                             what_});
      }
    }
    return std::move(out_);
  }

 private:
  bool escape() {
    const char c = at_ < body_.size() ? body_[at_++] : '\0';
    switch (c) {
      case 'a':
        return plain('\a');
      case 'b':
        return plain('\b');
      case 'f':
        return plain('\f');
      case 'n':
        return plain('\n');
      case 'r':
        return plain('\r');
      case 't':
        return plain('\t');
      case 'v':
        return plain('\v');
      case '\\':
      case '?':
      case '"':
      case '\'':
      case '`':
        return plain(c);
      case 'x':
      case 'X':
        return number(2, 16);
      case 'u':
        return unicode(4);
      case 'U':
        return unicode(8);
      default:
        break;
    }
    if (c >= '0' && c <= '3') {
      --at_;
      return number(3, 8);
    }
    what_ = "there is no such escape sequence; a backslash is written \\\\, or in a raw string r'...'";
    return false;
  }

  bool plain(char c) {
    out_ += c;
    return true;
  }

  bool unicode(std::size_t digits) {
    if (bytes_) {
      what_ = "\\u and \\U have no meaning in bytes; write \\x and two hexadecimal digits for each byte";
      return false;
    }
    return number(digits, 16);
  }

  // In a string a number is a code point, in bytes it is a byte.
  bool number(std::size_t digits, int base) {
    const std::string_view text = body_.substr(at_, digits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.size() != digits || error != std::errc() || end != text.data() + text.size()) {
      what_ =
          "this escape sequence needs " + std::to_string(digits) + (base == 8 ? " octal" : " hexadecimal") + " digits";
      return false;
    }
    at_ += digits;
    if (bytes_) {
      out_ += static_cast<char>(static_cast<unsigned char>(value));
      return true;
    }
    what_ = "there is no such code point";
    return append_code_point(out_, value);
  }

  std::string_view body_;
  std::size_t offset_;
  bool bytes_;
  std::size_t at_ = 0;
  std::string out_;
  std::string what_;
};

}  // namespace

std::optional<std::int64_t> read_int(std::string_view text, bool negative) {
  const std::optional<std::uint64_t> digits = read_digits(text);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!digits || *digits > kMost + (negative ? 1 : 0)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(negative ? 0 - *digits : *digits);
}

std::optional<std::uint64_t> read_uint(std::string_view text) {
  if (text.ends_with('u') || text.ends_with('U')) {
    text.remove_suffix(1);
  }
  return read_digits(text);
}

std::optional<double> read_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) {
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range) {
    // Too small is as good as zero; from_chars does not say which it was. A positive exponent says it.
    const std::size_t exponent = text.find_first_of("eE");
    const bool small = exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-');
    return small ? std::optional(0.0) : std::nullopt;
  }
  return error == std::errc() && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

tl::expected<std::string, LiteralError> read_string(std::string_view literal) {
  bool raw = false;
  bool bytes = false;
  std::size_t at = 0;
  for (; literal[at] != '\'' && literal[at] != '"'; ++at) {
    raw = raw || literal[at] == 'r' || literal[at] == 'R';
    bytes = bytes || literal[at] == 'b' || literal[at] == 'B';
  }
  const char quote = literal[at];
  const bool triple = literal.size() >= at + 6 && literal[at + 1] == quote && literal[at + 2] == quote;
  const std::size_t width = triple ? 3 : 1;
  const std::string_view body = literal.substr(at + width, literal.size() - at - 2 * width);
  if (raw) {
    return std::string(body);
  }
  return Unescaper(body, at + width, bytes).run();
}

}  // namespace exporter::filter
