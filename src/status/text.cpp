#include "status/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/number_text.h"
#include "base/terminal_text.h"
#include "base/utf8.h"

namespace exporter::status {

namespace {

// ECMA-48, 8.3.117 SGR.
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kGreen = "\x1b[1;32m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kPlain = "\x1b[0m";

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kIndent = 10;       // where the text behind a label begins
constexpr std::size_t kWidestPlot = 60;   // columns
constexpr std::size_t kMostProblems = 5;  // unless verbose
constexpr std::size_t kLanesShown = 3;    // in one line

std::string rate(std::optional<double> value) {
  return !value ? "?" : *value < 10 ? fmt::format("{:.1f}/s", *value) : fmt::format("{:.0f}/s", *value);
}

std::string time(std::optional<Duration> value) { return value ? short_duration(*value) : "?"; }

std::string bytes(std::uint64_t value) {
  constexpr std::array<std::string_view, 4> kUnits{"B", "KiB", "MiB", "GiB"};
  auto scaled = static_cast<double>(value);
  std::size_t unit = 0;
  for (; scaled >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    scaled /= 1024;
  }
  return fmt::format("{:.{}f} {}", scaled, unit > 0 && scaled < 10 ? 1 : 0, kUnits[unit]);
}

// Columns of one character (Unicode Standard Annex #11: wide and full-width ranges; combining marks take none).
std::size_t columns_of_point(std::uint32_t point) {
  const auto within = [point](std::uint32_t low, std::uint32_t high) { return point >= low && point <= high; };
  if (within(0x300, 0x36f) || within(0x200b, 0x200d) || within(0xfe00, 0xfe0f)) {
    return 0;
  }
  return within(0x1100, 0x115f) || within(0x2e80, 0xa4cf) || within(0xac00, 0xd7a3) || within(0xf900, 0xfaff) ||
                 within(0xfe30, 0xfe6f) || within(0xff00, 0xff60) || within(0xffe0, 0xffe6) ||
                 within(0x1f300, 0x1faff) || within(0x20000, 0x3fffd)
             ? 2
             : 1;
}

// The character at the front: its bytes and columns. `text` is not empty.
std::pair<std::size_t, std::size_t> first_character(std::string_view text) {
  const auto byte = [text](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index]));
  };
  const std::size_t length = utf8_length(text, 0);
  if (length == 0) {
    return {1, 1};
  }
  std::uint32_t point = byte(0) & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    point = point << 6U | (byte(i) & 0x3fU);
  }
  return {length, columns_of_point(point)};
}

// The front of `text` that fits into `width` columns, broken behind a space where there is one; taken from `text`.
std::string take_line(std::string_view& text, std::size_t width) {
  std::size_t used = 0;
  std::size_t columns = 0;
  std::size_t space = std::string_view::npos;
  while (used < text.size()) {
    const auto [length, wide] = first_character(text.substr(used));
    if (columns + wide > width && columns > 0) {
      break;
    }
    if (text[used] == ' ') {
      space = used;
    }
    used += length;
    columns += wide;
  }
  const bool all = used == text.size();
  const std::size_t end = all || text[used] == ' ' || space == std::string_view::npos || space == 0 ? used : space;
  std::string line(text.substr(0, end));
  text.remove_prefix(end);
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  return line;
}

class Page {
 public:
  explicit Page(const TextOptions& options) : options_(options), width_(std::max(options.width, kNarrowest)) {}

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::string in(std::string_view colour, std::string_view text) const {
    return options_.colour ? fmt::format("{}{}{}", colour, text, kPlain) : std::string(text);
  }
  void blank() { lines_.emplace_back(); }

  // `text` over as many lines as it needs, the first behind `head`, of `indent` columns, the others indented alike.
  void wrapped(const std::string& head, std::size_t indent, std::string_view text, std::string_view colour = "") {
    std::string before = head;
    do {
      const std::string line = take_line(text, width_ - indent);
      lines_.push_back(before + (colour.empty() ? line : in(colour, line)));
      before.assign(indent, ' ');
    } while (!text.empty());
  }
  void row(std::string_view label, std::string_view text) {
    wrapped(in(kFaint, fmt::format("{:<{}}", label, kIndent)), kIndent, text);
  }
  // A plot with its scale behind it; nothing when nothing is known.
  void plotted(const std::vector<std::optional<double>>& samples, Duration step, const std::string& unit) {
    double top = 0;
    bool known = false;
    for (const auto& sample : samples) {
      top = sample ? std::max(top, *sample) : top;
      known = known || sample.has_value();
    }
    if (!known || step <= Duration::zero()) {
      return;
    }
    const std::string most = unit == "s" ? short_duration(to_duration(top)) : rate(top);
    const std::string scale =
        fmt::format(" 0..{}, {}", most, short_duration(step * static_cast<std::int64_t>(samples.size())));
    if (width_ < kIndent + scale.size() + 10) {
      return;
    }
    const std::size_t columns = std::min(kWidestPlot, width_ - kIndent - scale.size());
    lines_.push_back(std::string(kIndent, ' ') + plot(samples, columns, top, options_.unicode) + in(kFaint, scale));
  }
  void add(std::string line) { lines_.push_back(std::move(line)); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  static Duration to_duration(double seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, 9e9)));
  }

  const TextOptions& options_;
  std::size_t width_;
  std::vector<std::string> lines_;
};

std::vector<std::optional<double>> samples_of(const Status& status, std::optional<double> Sample::* member) {
  std::vector<std::optional<double>> values;
  values.reserve(status.samples.size());
  for (const Sample& sample : status.samples) {
    values.push_back(sample.*member);
  }
  return values;
}

std::vector<std::optional<double>> samples_of(const Status& status, std::optional<Duration> Sample::* member) {
  std::vector<std::optional<double>> values;
  values.reserve(status.samples.size());
  for (const Sample& sample : status.samples) {
    const auto& value = sample.*member;
    values.push_back(value ? std::optional(std::chrono::duration<double>(*value).count()) : std::nullopt);
  }
  return values;
}

void write_head(Page& page, const Status& status) {
  const bool ready = !status.not_ready && !status.unhealthy;
  const std::string name = for_terminal(
      fmt::format("event-exporter {} ({}), up {}", status.version, status.commit, short_duration(status.uptime)));
  const std::string_view word = ready ? "READY" : "NOT READY";
  std::string_view rest = name;
  const std::string title = take_line(rest, page.width() - word.size() - 2);
  const std::size_t gap = page.width() - columns_of(title) - word.size();
  page.add(page.in(kBold, title) + std::string(gap, ' ') + page.in(ready ? kGreen : kRed, word));
  page.wrapped("", 0, for_terminal(status.summary));
  if (status.unhealthy) {
    page.wrapped("", 0, for_terminal(fmt::format("Not healthy: {}", *status.unhealthy)), kRed);
  }
  // Its reasons are among the problems, unless an older exporter has none of these.
  if (status.not_ready && !status.not_ready->empty() && status.problems.empty()) {
    page.wrapped("", 0, for_terminal(fmt::format("Not ready: {}", *status.not_ready)));
  }
  page.blank();
}

void write_problems(Page& page, const Status& status, bool verbose) {
  const std::size_t most = verbose ? status.problems.size() : std::min(status.problems.size(), kMostProblems);
  for (std::size_t i = 0; i < most; ++i) {
    const Problem& problem = status.problems[i];
    const bool error = problem.severity == Severity::error;
    page.wrapped(page.in(error ? kRed : kYellow, error ? "error   " : "warning ") + "  ", kIndent,
                 for_terminal(problem.what));
    if (!problem.remedy.empty()) {
      page.wrapped(std::string(kIndent, ' '), kIndent, for_terminal(problem.remedy), kFaint);
    }
  }
  if (most < status.problems.size()) {
    page.row("", fmt::format("and {} more: --verbose", status.problems.size() - most));
  }
  if (most > 0) {
    page.blank();
  }
}

void write_flow(Page& page, const Status& status) {
  page.row("rate", fmt::format("{} delivered, {} received, {} failed attempts", rate(status.rates.delivered),
                               rate(status.rates.received), rate(status.rates.failed_attempts)));
  page.plotted(samples_of(status, &Sample::delivered), status.step, "/s");
  page.row("latency",
           fmt::format("half within {}, 99 % within {}", time(status.latency.p50), time(status.latency.p99)));
  page.plotted(samples_of(status, &Sample::p99), status.step, "s");
  page.row("lag", fmt::format("{} to the sink, {} to read{}{}", time(status.lag.exported), time(status.lag.read),
                              status.lag.oldest_unsettled && *status.lag.oldest_unsettled > Duration::zero()
                                  ? "; oldest event waits for " + short_duration(*status.lag.oldest_unsettled)
                                  : "",
                              status.lag.limit ? "; limit " + short_duration(*status.lag.limit) : ""));
  page.plotted(samples_of(status, &Sample::lag), status.step, "s");
}

std::string lane_text(const Lane& lane) {
  return for_terminal(fmt::format("{} {} waiting, {} out{}{}", lane.node, lane.waiting, lane.out,
                                  lane.parallel ? ", in parallel" : "", lane.stuck ? ", stuck" : ""));
}

void write_load(Page& page, const Status& status, bool verbose) {
  const Queue& queue = status.queue;
  page.row("queue", fmt::format("{}, {} of {}; {} in flight of {} ({}); {} for a retry", counted(queue.events, "event"),
                                bytes(queue.bytes), bytes(queue.bytes_limit), queue.in_flight, queue.concurrency_limit,
                                counted(queue.workers, "worker"), queue.waiting_for_retry));
  std::string lanes = fmt::format("{} active", status.lanes.active);
  const std::size_t most = verbose ? 0 : std::min(kLanesShown, status.lanes.busiest.size());
  for (std::size_t i = 0; i < most; ++i) {
    lanes += "; " + lane_text(status.lanes.busiest[i]);
  }
  page.row("nodes", lanes);
  for (std::size_t i = most; verbose && i < status.lanes.busiest.size(); ++i) {
    page.row("", lane_text(status.lanes.busiest[i]));
  }
}

void write_others(Page& page, const Status& status) {
  const Sink& sink = status.sink;
  std::string text = for_terminal(sink.endpoint) + (sink.paused ? ": paused" : ": open");
  text += sink.last_accepted_ago ? ", accepted an event " + short_duration(*sink.last_accepted_ago) + " ago"
                                 : ", has accepted no event yet";
  if (sink.last_failure) {
    text += fmt::format("; last failure {} ago: {}", short_duration(sink.last_failure->ago),
                        for_terminal(sink.last_failure->what));
    text += sink.last_failure->status != 0 ? fmt::format(" (status {})", sink.last_failure->status) : "";
  }
  page.row("sink", text);
  const Token& token = status.token;
  page.row("token",
           fmt::format("{}{}; {}, {}", token.usable ? "usable" : "none that can be used",
                       token.expires_in ? ", expires in " + short_duration(*token.expires_in) : "",
                       token.refreshes == 1 ? "fetched once" : fmt::format("fetched {} times", token.refreshes),
                       counted(token.failures, "failure")));
  if (status.lease) {
    page.row("lease", status.lease->role == Lease::Role::holder ? "held by this one"
                      : status.lease->holder.empty()            ? "held by nobody known"
                                                     : for_terminal(fmt::format("held by {}", status.lease->holder)));
  }
}

void write_progress(Page& page, const Status& status, bool verbose) {
  const Position& position = status.position;
  page.row(
      "position",
      fmt::format(
          "{} {}, {}{}{}", for_terminal(position.provider), for_terminal(position.place),
          position.saved_ago ? "saved " + short_duration(*position.saved_ago) + " ago" : "not saved yet",
          position.unsaved > Duration::zero() ? ", unsaved for " + short_duration(position.unsaved) : "",
          position.settled_ahead > 0 ? fmt::format(", {} ahead of it", counted(position.settled_ahead, "event")) : ""));
  if (position.headroom != Duration::max()) {
    page.row("headroom", position.headroom
                             ? fmt::format("what follows it is kept for another {}", short_duration(*position.headroom))
                             : "for how long what follows it is kept is not known");
  }
  if (verbose && position.token) {
    page.row("", for_terminal(fmt::format("token {}", *position.token)));
  }
  if (verbose && position.watermark) {
    const std::chrono::system_clock::time_point at(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(position.watermark->time_since_epoch()));
    page.row("",
             fmt::format("watermark {:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::floor<std::chrono::seconds>(at))));
  }
  if (status.backfill.state != Backfill::State::none) {
    page.row("backfill", fmt::format("{}, {} of {}", to_string(status.backfill.state), status.backfill.settled,
                                     status.backfill.total ? std::to_string(*status.backfill.total) : "?"));
  }
  page.row("letters", status.dead_letters ? fmt::format("{} stored", counted(*status.dead_letters, "dead letter"))
                                          : "how many dead letters are stored is not known");
  const Totals& totals = status.totals;
  page.row("in all",
           fmt::format("{} received, {} delivered, {} held back by the filter, {} failed attempts, {} set aside",
                       totals.received, totals.delivered, totals.held_back, totals.failed_attempts, totals.set_aside));
}

void write_settings(Page& page, const Status& status) {
  if (status.settings.empty()) {
    return;
  }
  page.blank();
  for (const Setting& setting : status.settings) {
    page.wrapped("", 0, for_terminal(fmt::format("{} = {}  ({})", setting.key, setting.value, setting.origin)));
  }
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.push_back(take_line(text, std::max(width, kNarrowest)));
  }
  return lines;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto [length, wide] = first_character(text);
    columns += wide;
    text.remove_prefix(length);
  }
  return columns;
}

std::string plot(const std::vector<std::optional<double>>& samples, std::size_t columns, double top, bool unicode) {
  constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kAscii{"_", ".", ":", "-", "=", "+", "*", "#"};
  const auto& levels = unicode ? kBlocks : kAscii;
  std::string out;
  columns = std::min(columns, samples.size());
  for (std::size_t column = 0; column < columns; ++column) {
    std::optional<double> largest;
    for (std::size_t i = column * samples.size() / columns; i < (column + 1) * samples.size() / columns; ++i) {
      largest = samples[i] ? std::max(largest.value_or(*samples[i]), *samples[i]) : largest;
    }
    if (!largest) {
      out += ' ';
      continue;
    }
    const double share = top > 0 ? std::clamp(*largest / top, 0.0, 1.0) : 0;
    out += levels[static_cast<std::size_t>(std::lround(share * 7))];
  }
  return out;
}

std::vector<std::string> to_text(const Status& status, const TextOptions& options) {
  Page page(options);
  write_head(page, status);
  write_problems(page, status, options.verbose);
  write_flow(page, status);
  write_load(page, status, options.verbose);
  write_others(page, status);
  write_progress(page, status, options.verbose);
  if (options.verbose) {
    write_settings(page, status);
  }
  return page.take();
}

}  // namespace exporter::status
