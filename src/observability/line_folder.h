// Which of the lines that repeat are written: of each cause the first, then at most one in each window, and how many
// were left out. A sink that is down makes thousands of failed attempts a second; a line every ten seconds for each cause
// says as much. Nothing is left out uncounted: what no later line of the cause tells is told by ended().
//
// A cause is a level, a message and what distinguishes one trouble from another under that message (log.cpp: which
// fields). Texts that never repeat would make as many causes as lines, so a message has kMostCauses of its own at a time;
// the others share one. Deterministic: time is an argument. Thread-safety: owned by one thread, or used under a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.h"

namespace exporter::log {

enum class Level : unsigned char;

class LineFolder {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(10);
  static constexpr std::size_t kMostCauses = 8;
  // Of all messages together; lines beyond are written unfolded. The program has about fifty messages.
  static constexpr std::size_t kMost = 1024;

  // Lines left out that no line tells of.
  struct LeftOut {
    Level level{};
    std::string message;
    std::string cause;  // "other causes" for those that share
    std::uint64_t lines = 0;

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
  };

  // Whether the line is written, and if so how many of its cause were left out before it. `now` never goes back.
  std::optional<std::uint64_t> admit(Level level, std::string_view message, std::string_view cause, MonoTime now);

  // Takes out what was left out by causes whose window is over by `now`; kNever: of all causes.
  std::vector<LeftOut> ended(MonoTime now);

 private:
  struct Seen {
    MonoTime written{};
    std::uint64_t left_out = 0;
  };
  using Cause = std::tuple<Level, std::string, std::string>;
  using CauseView = std::tuple<Level, std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return CauseView(a) < CauseView(b);
    }
  };

  [[nodiscard]] std::size_t causes_of(Level level, std::string_view message) const;

  std::map<Cause, Seen, Less> seen_;
  MonoTime next_end_ = kNever;  // no window ends before
};

}  // namespace exporter::log
