// The terminal that a command runs in: what it can do, and a screen of its own on it.
// Thread-safety: the main thread's, before others start.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"

#include <termios.h>

namespace exporter::cli {

struct Terminal {
  bool is_one = false;   // standard output is a terminal
  bool colour = false;   // and shows colours: not with NO_COLOR (no-color.org), nor with TERM=dumb or none
  bool unicode = false;  // the locale's encoding is UTF-8
};
[[nodiscard]] Terminal stdout_terminal();

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
// 80 x 24 where nobody says otherwise.
[[nodiscard]] TerminalSize stdout_size();

// Waits for the user: SIGINT, SIGTERM, SIGHUP, the key q, a changed window. From its making on these signals end nothing
// by themselves.
class UserInput {
 public:
  UserInput();
  ~UserInput();
  UserInput(const UserInput&) = delete;
  UserInput& operator=(const UserInput&) = delete;

  enum class Said : unsigned char { nothing, resized, stop };
  // At most `patience`.
  [[nodiscard]] Said wait(Duration patience);

 private:
  [[nodiscard]] Said signal() const;
  [[nodiscard]] Said key();

  int signals_ = -1;
  bool keys_ = true;  // standard input is a terminal that gives keys
};

// The alternate screen, without a cursor, and keys without echo; all as it was before when this goes.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // In place of what it showed before; what has no room is cut off.
  void show(const std::vector<std::string>& lines, TerminalSize size);

 private:
  termios before_{};
  bool changed_ = false;  // the terminal's settings
};

// All of it to standard output, past the streams. False: nobody reads it any more.
bool write_stdout(std::string_view text);

}  // namespace exporter::cli
