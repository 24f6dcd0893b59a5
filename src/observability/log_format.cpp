#include "observability/log_format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "base/json_text.h"
#include "base/terminal_text.h"

namespace exporter::log {

namespace {

constexpr std::array<std::string_view, 6> kFixedKeys = {"time", "level", "msg", "module", "version", "linesLeftOut"};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO";
    case Level::warn:
      return "WARN";
    case Level::error:
      return "ERROR";
  }
  return "INFO";
}

// ECMA-48, 8.3.117 SGR: 1 bold, 2 faint, 31 red, 32 green, 33 yellow, 36 cyan, 0 none of them.
std::string_view colour_of(Level level) {
  switch (level) {
    case Level::debug:
      return "\x1b[36m";
    case Level::info:
      return "\x1b[32m";
    case Level::warn:
      return "\x1b[1;33m";
    case Level::error:
      return "\x1b[1;31m";
  }
  return "";
}

constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::chrono::system_clock::time_point whole_seconds(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(seconds.time_since_epoch()));
}

// RFC 3339 in UTC, up to nine fraction digits without trailing zeros, as Go's slog writes it.
void append_time(std::string& out, WallTime time) {
  const auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  fmt::format_to(std::back_inserter(out), "\"{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(whole_seconds(time)));
  if (fraction != 0) {
    std::string digits = fmt::format("{:09}", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.';
    out += digits;
  }
  out += "Z\"";
}

void append_json_value(std::string& out, const Field::Value& value) {
  std::visit(
      [&out](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          append_json_string(out, v);
        } else if constexpr (std::is_same_v<T, Duration>) {
          fmt::format_to(std::back_inserter(out), "{}", v.count());
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no infinity and no NaN (RFC 8259 section 6).
          if (std::isfinite(v)) {
            fmt::format_to(std::back_inserter(out), "{}", v);
          } else {
            append_json_string(out, fmt::format("{}", v));
          }
        } else {
          fmt::format_to(std::back_inserter(out), "{}", v);
        }
      },
      value);
}

void append_text(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '='; };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) {
    out += text;
    return;
  }
  out += '"';
  while (!text.empty()) {
    const std::size_t run = std::min(text.find_first_of("\"\\"), text.size());
    append_for_terminal(out, text.substr(0, run));
    if (run < text.size()) {
      out.append({'\\', text[run]});
    }
    text.remove_prefix(std::min(run + 1, text.size()));
  }
  out += '"';
}

void append_text_value(std::string& out, const Field::Value& value) {
  std::visit(
      [&out](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          append_text(out, v);
        } else if constexpr (std::is_same_v<T, Duration>) {
          out += short_duration(v);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", v);
        }
      },
      value);
}

bool is_trace_id(std::string_view key) { return key == "trace_id" || key == "span_id"; }

// Calls `append` for each attribute that is written: those without a key are not, and of a key given twice the first is.
template <class Append>
void each_field(Fields fields, std::uint64_t left_out, const Append& append) {
  const Field count("linesLeftOut", left_out);
  bool told = left_out == 0;
  for (const Field& field : fields) {
    const auto same_key = [&field](const Field& other) { return other.key == field.key; };
    if (field.key.empty() || std::find(kFixedKeys.begin(), kFixedKeys.end(), field.key) != kFixedKeys.end() ||
        std::any_of(fields.begin(), &field, same_key)) {
      continue;
    }
    if (!told && is_trace_id(field.key)) {
      append(count);
      told = true;
    }
    append(field);
  }
  if (!told) {
    append(count);
  }
}

}  // namespace

std::string format_json(Level level, std::string_view message, Fields fields, const Frame& frame) {
  std::string line;
  line.reserve(256);
  line += "{\"time\":";
  append_time(line, frame.now);
  line += ",\"level\":\"";
  line += name_of(level);
  line += "\",\"msg\":";
  append_json_string(line, message);
  line += ",\"module\":\"event-exporter\",\"version\":";
  append_json_string(line, frame.version);
  each_field(fields, frame.left_out, [&line](const Field& field) {
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    append_json_value(line, field.value);
  });
  line += '}';
  // JSON allows control characters from U+007F on, and somebody looks at these lines in a terminal.
  if (std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; })) {
    return line;
  }
  std::string safe;
  append_for_terminal(safe, line);
  return safe;
}

std::string format_text(Level level, std::string_view message, Fields fields, const Frame& frame, bool colour) {
  const std::string_view plain = colour ? kPlain : "";
  const auto seconds = whole_seconds(frame.now);
  const auto fraction = frame.now - std::chrono::floor<std::chrono::seconds>(frame.now);
  std::string line =
      fmt::format("{:%H:%M:%S}.{:03} {}{:<5}{} ", fmt::localtime(std::chrono::system_clock::to_time_t(seconds)),
                  std::chrono::duration_cast<std::chrono::milliseconds>(fraction).count(),
                  colour ? colour_of(level) : "", name_of(level), plain);
  append_for_terminal(line, message);
  std::string_view gap = "  ";
  each_field(fields, frame.left_out, [&](const Field& field) {
    line += gap;
    gap = " ";
    line += colour ? kFaint : "";
    append_for_terminal(line, field.key);
    line += '=';
    line += plain;
    append_text_value(line, field.value);
  });
  return line;
}

}  // namespace exporter::log
