#include "source/mongodb/cursor_text.h"

#include <fmt/format.h>

#include <charconv>

namespace exporter::mongodb {

namespace {

std::optional<std::string_view> take_part(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part.empty() ? std::nullopt : std::optional(part);
}

template <class T>
std::optional<T> take_number(std::string_view& text, int base) {
  const auto part = take_part(text);
  T value{};
  if (!part) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(part->data(), part->data() + part->size(), value, base);
  return error == std::errc() && end == part->data() + part->size() ? std::optional(value) : std::nullopt;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t index = 0; index < text.size(); index += 2) {
    unsigned byte = 0;
    const char* const first = text.data() + index;
    const auto [end, error] = std::from_chars(first, first + 2, byte, 16);
    if (error != std::errc() || end != first + 2) {
      return std::nullopt;
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace

std::string to_text(const HistoryCursor& cursor, std::uint32_t fingerprint) {
  return fmt::format("{:08x}.{}.{}.{}.{:x}.{:x}", fingerprint, cursor.from, cursor.id.empty() ? "*" : to_hex(cursor.id),
                     cursor.to, cursor.until.seconds, cursor.until.increment);
}

std::optional<HistoryCursor> parse_cursor(std::string_view text, std::uint32_t fingerprint) {
  HistoryCursor cursor;
  const auto owner = take_number<std::uint32_t>(text, 16);
  const auto from = take_number<std::int64_t>(text, 10);
  const auto id = take_part(text);
  const auto to = take_number<std::int64_t>(text, 10);
  const auto seconds = take_number<std::uint32_t>(text, 16);
  const auto increment = take_number<std::uint32_t>(text, 16);
  if (owner != fingerprint || !from || !id || !to || !seconds || !increment || !text.empty()) {
    return std::nullopt;
  }
  cursor.from = *from;
  cursor.to = *to;
  cursor.until = {.seconds = *seconds, .increment = *increment};
  if (*id != "*") {
    auto bytes = from_hex(*id);
    if (!bytes || !is_document(*bytes) || !find(*bytes, "_id")) {
      return std::nullopt;
    }
    cursor.id = std::move(*bytes);
  }
  return cursor;
}

}  // namespace exporter::mongodb
