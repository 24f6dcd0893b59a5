// The text of a stream position: "<change-log id>.<fingerprint of the file>". Internal to this folder.
//
// Twenty-four bits of the file's UUID are enough to notice a position of another file, and keep the text, one of which
// is held for each event in flight, within the bytes that std::string stores without an allocation.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/position.h"

namespace exporter::sqlite {

inline event::Position make_position(std::int64_t change_id, std::string_view fingerprint) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, change_id).ptr;
  event::Position position;
  position.token.append(digits, end).append(1, '.').append(fingerprint);
  return position;
}

// Nothing when it is no position of the file with this fingerprint.
inline std::optional<std::int64_t> parse_position(const event::Position& position, std::string_view fingerprint) {
  const std::string_view text(position.token);
  std::int64_t change_id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), change_id);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || change_id < 0 || rest.empty() || rest.front() != '.' || rest.substr(1) != fingerprint) {
    return std::nullopt;
  }
  return change_id;
}

// The table's unit of time.
inline WallTime from_micros(std::int64_t micros) { return WallTime(std::chrono::microseconds(micros)); }
inline std::int64_t to_micros(WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
}

}  // namespace exporter::sqlite
