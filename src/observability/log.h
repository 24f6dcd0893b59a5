// One JSON object a line on stderr, in the layout of Go's slog that operators' parsers already know:
// time (RFC 3339, fraction, zone), level, msg, module, version, then the call's attributes in camelCase. No key twice.
//
// LOG_LEVEL: debug, info, warn or warning, error; trimmed, any case; anything else means info.
// Never pass a secret, a token, or an unredacted answer of a server. Thread-safety: all functions, any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/time.h"

namespace exporter::log {

enum class Level : unsigned char { debug, info, warn, error };

// One attribute. Durations are written as integer nanoseconds, as slog does. Without a key: left out.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  std::string_view key;
  Value value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  Field(std::string_view k, int v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, std::int64_t v) : key(k), value(v) {}
  Field(std::string_view k, std::uint64_t v) : key(k), value(v) {}
  Field(std::string_view k, std::uint32_t v) : key(k), value(static_cast<std::uint64_t>(v)) {}
  Field(std::string_view k, Duration v) : key(k), value(static_cast<std::int64_t>(v.count())) {}
  Field(std::string_view k, const Error& e) : key(k), value(std::string_view(e.message)) {}
};

using Fields = std::initializer_list<Field>;

[[nodiscard]] Level parse_level(std::string_view text);

// Once, before the first line; otherwise level info and version "dev".
void init(Level level, std::string_view version);
[[nodiscard]] bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields);
inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::warn, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

// The line as it is written, without the newline. For tests.
[[nodiscard]] std::string format(Level level, std::string_view message, Fields fields, WallTime now);

}  // namespace exporter::log
