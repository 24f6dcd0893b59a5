#include "observability/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <memory>
#include <mutex>
#include <type_traits>

#include "base/json_text.h"

namespace exporter::log {

namespace {

// Writes finished lines as they are. One write a line: lines of several threads, or of two processes that share one
// terminal, never mix (stderr is unbuffered, so one fwrite is one write(2) for lines of ordinary size).
class StderrLines final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    line_.assign(msg.payload.data(), msg.payload.size());
    line_.push_back('\n');
    std::fwrite(line_.data(), 1, line_.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }

 private:
  std::string line_;  // kept for its capacity
};

struct State {
  std::atomic<Level> level = Level::info;
  std::string version = "dev";  // written by init() only, before the first line
  // A logger of its own, outside spdlog's registry: no global pattern or level can change our lines.
  spdlog::logger logger{"event-exporter", std::make_shared<StderrLines>()};

  State() { logger.set_level(spdlog::level::trace); }
};

// Never destroyed: threads may log until the very end of the process.
State& state() {
  static State& instance = *new State;
  return instance;
}

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

// RFC 3339 in UTC, up to nine fraction digits without trailing zeros, as Go's slog writes it.
void append_time(std::string& out, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  auto fraction = (time - seconds).count();
  const std::chrono::system_clock::time_point whole(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(seconds.time_since_epoch()));
  fmt::format_to(std::back_inserter(out), "\"{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(whole));
  if (fraction != 0) {
    std::string digits = fmt::format("{:09}", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.';
    out += digits;
  }
  out += "Z\"";
}

void append_value(std::string& out, const Field::Value& value) {
  std::visit(
      [&out](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          append_json_string(out, v);
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

constexpr std::array<std::string_view, 5> kFixedKeys = {"time", "level", "msg", "module", "version"};

// A key may stand once in an object; whoever came first keeps it.
bool taken(Fields fields, const Field* field) {
  const auto same_key = [field](const Field& other) { return other.key == field->key; };
  return std::find(kFixedKeys.begin(), kFixedKeys.end(), field->key) != kFixedKeys.end() ||
         std::any_of(fields.begin(), field, same_key);
}

}  // namespace

Level parse_level(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return Level::info;
  }
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "debug") {
    return Level::debug;
  }
  if (lower == "warn" || lower == "warning") {
    return Level::warn;
  }
  return lower == "error" ? Level::error : Level::info;
}

void init(Level level, std::string_view version) {
  state().version = version;
  state().level.store(level, std::memory_order_relaxed);
}

bool enabled(Level level) { return level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) {
    return;
  }
  const WallTime now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  // spdlog's own level is of no use here: the line already carries ours.
  state().logger.log(spdlog::level::info, spdlog::string_view_t(format(level, message, fields, now)));
}

std::string format(Level level, std::string_view message, Fields fields, WallTime now) {
  std::string line;
  line.reserve(256);
  line += "{\"time\":";
  append_time(line, now);
  line += ",\"level\":\"";
  line += name_of(level);
  line += "\",\"msg\":";
  append_json_string(line, message);
  line += ",\"module\":\"event-exporter\",\"version\":";
  append_json_string(line, state().version);
  for (const Field& field : fields) {
    if (field.key.empty() || taken(fields, &field)) {
      continue;
    }
    line += ',';
    append_json_string(line, field.key);
    line += ':';
    append_value(line, field.value);
  }
  line += '}';
  return line;
}

}  // namespace exporter::log
