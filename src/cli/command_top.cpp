#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/terminal_text.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/status_source.h"
#include "cli/terminal.h"
#include "config/duration.h"
#include "status/text.h"

namespace exporter::cli {

namespace {

constexpr Duration kShortestInterval = std::chrono::milliseconds(100);
constexpr Duration kLongestInterval = std::chrono::hours(1);

// Asks again and again; what it learnt last stays when the exporter goes, and says so.
class Watch {
 public:
  Watch(StatusSource source, Duration interval) : source_(std::move(source)), interval_(interval) {}

  void ask() {
    auto answer = source_.ask();
    if (answer) {
      last_ = std::move(answer->status);
      answered_ = clock_.now();
      error_.clear();
    } else {
      error_ = answer.error().message;
    }
  }

  [[nodiscard]] std::vector<std::string> lines(const status::TextOptions& options) const {
    std::vector<std::string> lines;
    if (!error_.empty()) {
      std::string text = fmt::format("{}. Asked again every {}.", error_, short_duration(interval_));
      if (last_) {
        text += fmt::format(" Below is what it said {} ago.", short_duration(clock_.now() - answered_));
      }
      lines = status::wrapped(text, options.width);
      lines.emplace_back();
    }
    if (last_) {
      std::vector<std::string> all = status::to_text(*last_, options);
      lines.insert(lines.end(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
    }
    return lines;
  }

  // Of the command, when it ends now.
  [[nodiscard]] int exit_code() const { return error_.empty() && last_ ? exit_code_for(*last_) : 2; }
  [[nodiscard]] Duration interval() const { return interval_; }

 private:
  StatusSource source_;
  Duration interval_;
  SystemClock clock_;
  std::optional<status::Status> last_;
  MonoTime answered_{};
  std::string error_;
};

// Until `interval` after `begun`; `redraw` when the window changes. False: to stop.
template <class Redraw>
bool wait(UserInput& input, const Clock& clock, MonoTime until, const Redraw& redraw) {
  for (;;) {
    const MonoTime now = clock.now();
    if (now >= until) {
      return true;
    }
    switch (input.wait(until - now)) {
      case UserInput::Said::stop:
        return false;
      case UserInput::Said::resized:
        redraw();
        break;
      case UserInput::Said::nothing:
        break;
    }
  }
}

int watch_on_screen(Watch& watch, UserInput& input, std::int64_t count, const Terminal& terminal) {
  Screen screen;
  const SystemClock clock;
  const auto draw = [&] {
    const TerminalSize size = stdout_size();
    screen.show(watch.lines({.width = size.columns, .colour = terminal.colour, .unicode = terminal.unicode}), size);
  };
  for (std::int64_t shown = 0;;) {
    const MonoTime next = after(clock.now(), watch.interval());
    watch.ask();
    draw();
    if (++shown == count) {
      return watch.exit_code();
    }
    if (!wait(input, clock, next, draw)) {
      return 0;
    }
  }
}

int watch_in_blocks(Watch& watch, UserInput& input, std::int64_t count, const Terminal& terminal) {
  const SystemClock clock;
  for (std::int64_t shown = 0;;) {
    const MonoTime next = after(clock.now(), watch.interval());
    watch.ask();
    std::string block = shown == 0 ? "" : "\n";
    for (const std::string& line : watch.lines({.width = 100, .unicode = terminal.unicode})) {
      block += line + "\n";
    }
    if (!write_stdout(block) || ++shown == count) {
      return watch.exit_code();
    }
    if (!wait(input, clock, next, [] {})) {
      return 0;
    }
  }
}

}  // namespace

int run_top(std::span<const std::string> arguments) {
  Arguments parser("event-exporter top", "Shows how a running exporter is, again and again, until q or Ctrl-C.");
  StatusFlags flags;
  std::string interval_text = "2s";
  std::int64_t count = 0;
  flags.declare(parser);
  parser.option("interval", interval_text, "how often, for example 500ms");
  parser.option("count", count, "end after so many times; 0: never");
  if (const auto exit_code = parser.parse(arguments)) {
    return *exit_code;
  }
  const auto interval = config::parse_duration(interval_text);
  const auto source = flags.source();
  std::string wrong;
  if (!source) {
    wrong = source.error().message;
  } else if (!interval || *interval < kShortestInterval || *interval > kLongestInterval) {
    wrong = "--interval is not a duration from 100ms to 1h";
  } else if (count < 0) {
    wrong = "--count is negative";
  }
  if (!wrong.empty()) {
    std::cerr << "event-exporter top: " << wrong << '\n';
    return 2;
  }
  UserInput input;
  Watch watch(*source, *interval);
  const Terminal terminal = stdout_terminal();
  return terminal.is_one ? watch_on_screen(watch, input, count, terminal)
                         : watch_in_blocks(watch, input, count, terminal);
}

}  // namespace exporter::cli
