#include "observability/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "observability/line_folder.h"
#include "observability/log_format.h"

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
  std::string version = "dev";  // written by init() only, before the first line, like the next
  Look look;
  Mutex mutex;
  LineFolder folder EXPORTER_GUARDED_BY(mutex);
  // A logger of its own, outside spdlog's registry: no global pattern or level can change our lines.
  spdlog::logger logger{"event-exporter", std::make_shared<StderrLines>()};

  State() { logger.set_level(spdlog::level::trace); }
};

// Never destroyed: threads may log until the very end of the process.
State& state() {
  static State& instance = *new State;
  return instance;
}

// What tells one trouble from another under the same message. The rest of a line differs with every event or attempt.
constexpr std::array<std::string_view, 7> kCauseKeys = {"reason", "error",    "statusCode", "message",
                                                        "key",    "variable", "problem"};

std::string cause_of(Fields fields) {
  std::string cause;
  for (const Field& field : fields) {
    if (std::find(kCauseKeys.begin(), kCauseKeys.end(), field.key) == kCauseKeys.end()) {
      continue;
    }
    const auto append = [&](const auto& value) {
      fmt::format_to(std::back_inserter(cause), "{}{}={}", cause.empty() ? "" : " ", field.key, value);
    };
    // Whatever else there is differs with the attempt, or is not used as a cause.
    if (const auto* text = std::get_if<std::string_view>(&field.value); text != nullptr && !text->empty()) {
      append(*text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      append(*number);
    }
  }
  return cause;
}

void emit(Level level, std::string_view message, Fields fields, std::uint64_t left_out) {
  State& s = state();
  const Frame frame{.now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                    .version = s.version,
                    .left_out = left_out};
  // spdlog's own level is of no use here: the line already carries ours.
  s.logger.log(spdlog::level::info,
               spdlog::string_view_t(s.look.text ? format_text(level, message, fields, frame, s.look.colour)
                                                 : format_json(level, message, fields, frame)));
}

void emit_left_out(const std::vector<LineFolder::LeftOut>& ended) {
  for (const LineFolder::LeftOut& left_out : ended) {
    emit(left_out.level, "Lines like an earlier one were left out",
         {{"line", left_out.message}, {left_out.cause.empty() ? "" : "cause", left_out.cause}}, left_out.lines);
  }
}

std::string folded(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  std::string lower(first == std::string_view::npos ? ""
                                                    : text.substr(first, text.find_last_not_of(kSpace) - first + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody here changes the environment
  return value == nullptr ? "" : value;
}

}  // namespace

Level parse_level(std::string_view text) {
  const std::string level = folded(text);
  if (level == "debug") {
    return Level::debug;
  }
  if (level == "warn" || level == "warning") {
    return Level::warn;
  }
  return level == "error" ? Level::error : Level::info;
}

Look stderr_look(std::string_view log_format) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const std::string format = folded(log_format);
  const std::string_view term = variable("TERM");
  return {.text = format == "text" || (terminal && format != "json"),
          .colour = terminal && variable("NO_COLOR").empty() && !term.empty() && term != "dumb"};
}

void init(Level level, std::string_view version, Look look) {
  State& s = state();
  s.version = version;
  s.look = look;
  s.level.store(level, std::memory_order_relaxed);
  const MutexLock lock(s.mutex);
  s.folder = LineFolder();
}

bool enabled(Level level) { return level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields, Repeats repeats) {
  if (!enabled(level)) {
    return;
  }
  std::optional<std::uint64_t> left_out = 0;
  std::vector<LineFolder::LeftOut> ended;
  {
    State& s = state();
    const MutexLock lock(s.mutex);
    const MonoTime now = SystemClock().now();
    if (level >= Level::warn && repeats == Repeats::folded) {
      left_out = s.folder.admit(level, message, cause_of(fields), now);
    }
    ended = s.folder.ended(now);
  }
  emit_left_out(ended);
  if (left_out) {
    emit(level, message, fields, *left_out);
  }
}

void tell_left_out() {
  std::vector<LineFolder::LeftOut> ended;
  {
    State& s = state();
    const MutexLock lock(s.mutex);
    ended = s.folder.ended(kNever);
  }
  emit_left_out(ended);
}

}  // namespace exporter::log
