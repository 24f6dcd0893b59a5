#include "base/json_text.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// True for bytes that stand for themselves: ASCII from 0x20 on (0x7f included, as in Go) without the five that are
// escaped. Bytes from 0x80 on need a look at the whole sequence.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) {
    plain[byte] = byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
  }
  return plain;
}();

constexpr std::uint64_t repeated(std::uint8_t byte) { return 0x0101'0101'0101'0101U * byte; }

// The high bit of each byte that is zero (above the first such byte, perhaps of others too).
constexpr std::uint64_t zeros(std::uint64_t bytes) { return (bytes - repeated(0x01)) & ~bytes & repeated(0x80); }

// The high bit of the first of eight bytes that is not plain (and of some behind it); 0 when all are. Most text is
// plain, and this is a hot loop: eight bytes in one go.
constexpr std::uint64_t not_plain(std::uint64_t bytes) {
  const std::uint64_t below_space = (bytes - repeated(0x20)) & ~bytes;
  const std::uint64_t quote_or_and = zeros((bytes | repeated('"' ^ '&')) ^ repeated('"' | '&'));
  const std::uint64_t angle = zeros((bytes | repeated('<' ^ '>')) ^ repeated('<' | '>'));
  const std::uint64_t backslash = zeros(bytes ^ repeated('\\'));
  return (bytes | below_space | quote_or_and | angle | backslash) & repeated(0x80);
}
static_assert(('"' | '&') == ('"' | ('"' ^ '&')) && ('<' | '>') == ('<' | ('<' ^ '>')),
              "one bit tells each pair apart");

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

// The first place from `at` on that is not plain, or the end.
std::size_t end_of_plain(std::string_view text, std::size_t at) {
  static_assert(std::endian::native == std::endian::little, "the first byte in memory is the lowest");
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (const std::uint64_t found = not_plain(bytes)) {
      return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
  }
  while (at < text.size() && kPlain[byte_at(text, at)]) {
    ++at;
  }
  return at;
}

void append_ascii_escape(std::string& out, std::uint8_t byte) {
  switch (byte) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0x0f]);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t copied = 0;  // everything before it is in `out`
  std::size_t at = 0;
  const auto copy_run = [&] { out.append(text.substr(copied, at - copied)); };
  while ((at = end_of_plain(text, at)) < text.size()) {
    const std::uint8_t byte = byte_at(text, at);
    if (byte < 0x80) {
      copy_run();
      append_ascii_escape(out, byte);
      copied = ++at;
      continue;
    }
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      copy_run();
      out.append("\\ufffd");
      copied = ++at;
    } else if (const auto rune = text.substr(at, length); rune == "\xe2\x80\xa8" || rune == "\xe2\x80\xa9") {
      copy_run();
      out.append(rune.back() == '\xa8' ? "\\u2028" : "\\u2029");
      copied = at += length;
    } else {
      at += length;
    }
  }
  copy_run();
  out.push_back('"');
}

std::string json_string(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string json_array(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) {
      json += ',';
    }
    append_json_string(json, text);
  }
  return json += ']';
}

}  // namespace exporter
