// The log: one line on stderr for each thing worth telling.
//
// For machines a line is a JSON object in the layout of Go's slog that operators' parsers already know: time (RFC 3339,
// fraction, zone), level, msg, module, version, then the call's attributes in camelCase. No key twice. For people at a
// terminal it is text; see log_format.h. Warnings and errors that repeat are folded: line_folder.h, docs/logs.md.
//
// LOG_LEVEL: debug, info, warn or warning, error; trimmed, any case; anything else means info.
// LOG_FORMAT: json or text, likewise; anything else means text on a terminal and JSON elsewhere.
// A warning or error says what happens next (in its message, or as `retryIn`) and what the reader can do (`action`).
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

// One attribute. Durations are integer nanoseconds in JSON, as slog writes them. Without a key: left out.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, Duration>;
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
  Field(std::string_view k, Duration v) : key(k), value(v) {}
  Field(std::string_view k, const Error& e) : key(k), value(std::string_view(e.message)) {}
};

using Fields = std::initializer_list<Field>;

[[nodiscard]] Level parse_level(std::string_view text);

// How lines look.
struct Look {
  bool text = false;
  bool colour = false;  // of text
};
// On this process's stderr, with LOG_FORMAT as given. Colour only on a terminal, and not with NO_COLOR (no-color.org)
// or with TERM=dumb or none.
[[nodiscard]] Look stderr_look(std::string_view log_format);

// Once, before the first line; otherwise level info, version "dev" and JSON. Nothing counts as written before.
void init(Level level, std::string_view version, Look look = {});
[[nodiscard]] bool enabled(Level level);

// Whether a warning or error that repeats within seconds is left out, and counted. `written` is for lines that come in
// pairs with another one (the log must not end with the wrong one of both) and for what must never be missing.
enum class Repeats : unsigned char { folded, written };

void write(Level level, std::string_view message, Fields fields, Repeats repeats = Repeats::folded);
inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, Fields fields = {}, Repeats repeats = Repeats::folded) {
  write(Level::warn, message, fields, repeats);
}
inline void error(std::string_view message, Fields fields = {}, Repeats repeats = Repeats::folded) {
  write(Level::error, message, fields, repeats);
}

// Tells what was left out and not told yet. Before the last line of the process.
void tell_left_out();

}  // namespace exporter::log
