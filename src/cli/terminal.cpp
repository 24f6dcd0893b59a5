#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <pthread.h>

namespace exporter::cli {

namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody here changes the environment
  return value == nullptr ? "" : value;
}

// locale(7): the first of these that is set decides about characters.
bool is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const std::string_view locale = variable(name); !locale.empty()) {
      std::string lower(locale);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
  }
  return false;
}

}  // namespace

Terminal stdout_terminal() {
  const std::string_view term = variable("TERM");
  const bool is_one = ::isatty(STDOUT_FILENO) == 1;
  return {.is_one = is_one,
          .colour = is_one && variable("NO_COLOR").empty() && !term.empty() && term != "dumb",
          .unicode = is_utf8()};
}

TerminalSize stdout_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {.columns = size.ws_col, .rows = size.ws_row};
}

bool write_stdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

UserInput::UserInput() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
    sigaddset(&watched, number);
  }
  signals_ = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  // A suspended program would leave its screen behind.
  sigaddset(&watched, SIGTSTP);
  pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  keys_ = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

UserInput::~UserInput() {
  if (signals_ >= 0) {
    ::close(signals_);
  }
}

UserInput::Said UserInput::wait(Duration patience) {
  using std::chrono::milliseconds;
  std::array<pollfd, 2> sources{pollfd{.fd = signals_, .events = POLLIN, .revents = 0},
                                pollfd{.fd = keys_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}};
  const auto millis =
      std::chrono::ceil<milliseconds>(std::clamp(patience, Duration::zero(), Duration(std::chrono::hours(1))));
  if (::poll(sources.data(), sources.size(), static_cast<int>(millis.count())) <= 0) {
    return Said::nothing;
  }
  if (sources[0].revents != 0) {
    return signal();
  }
  return key();
}

UserInput::Said UserInput::signal() const {
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return Said::nothing;
  }
  return info.ssi_signo == SIGWINCH ? Said::resized : Said::stop;
}

UserInput::Said UserInput::key() {
  std::array<char, 64> keys{};
  const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
  if (count <= 0) {
    keys_ = false;  // nobody types any more
    return Said::nothing;
  }
  const auto end = keys.begin() + count;
  return std::any_of(keys.begin(), end, [](char c) { return c == 'q' || c == 'Q'; }) ? Said::stop : Said::nothing;
}

Screen::Screen() {
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C stays a signal
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  // xterm's control sequences, which all terminals of today know: 1049 the alternate screen, 25 the cursor, 7 that a
  // line which is too long goes on in the next one.
  write_stdout("\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J");
}

Screen::~Screen() {
  write_stdout("\x1b[?7h\x1b[?25h\x1b[?1049l");
  if (changed_) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
}

void Screen::show(const std::vector<std::string>& lines, TerminalSize size) {
  std::string text = "\x1b[H";
  const std::size_t rows = std::min(lines.size(), size.rows);
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "" : "\r\n";
    text += lines[row] + "\x1b[K";
  }
  write_stdout(text + "\x1b[J");
}

}  // namespace exporter::cli
