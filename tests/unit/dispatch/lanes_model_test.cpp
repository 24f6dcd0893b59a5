// Lanes against a naive model, in every order in which a few events can come, go, fail, stand aside and come back.
#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dispatch/lanes.h"

namespace exporter::dispatch {
namespace {

constexpr int kEvents = 4;
constexpr int kTroubles = 3;  // failures and steps aside in one walk, so that walks end
constexpr int kNone = -1;

// The rules in the plainest words: lists, searched from end to end.
struct Model {
  struct Event {
    int lane = 0;
    enum class State : std::uint8_t { unborn, waiting, out, failed, aside, done } state = State::unborn;
    bool returned = false;
  };
  struct Lane {
    std::deque<int> waiting;
    bool relaxed = false;
  };

  explicit Model(LanesOptions given) : options(given) {
    if (options.ordering == Ordering::none) {
      lanes[0].relaxed = true;
    }
  }

  [[nodiscard]] int count(int lane, Event::State state) const {
    return static_cast<int>(
        std::ranges::count_if(events, [&](const Event& event) { return event.lane == lane && event.state == state; }));
  }
  [[nodiscard]] bool may_go(int lane) const {
    const Lane& l = lanes[static_cast<std::size_t>(lane)];
    const int out = count(lane, Event::State::out) + count(lane, Event::State::failed);
    return !l.waiting.empty() && (l.relaxed || out == 0);
  }
  void settle_turns() {
    for (int lane = 0; lane < 2; ++lane) {
      Lane& l = lanes[static_cast<std::size_t>(lane)];
      const bool empty = std::ranges::none_of(events, [&](const Event& event) {
        return event.lane == lane && event.state != Event::State::unborn && event.state != Event::State::done;
      });
      if (empty && options.ordering == Ordering::node) {
        l.relaxed = false;
      }
      if (may_go(lane) && std::ranges::find(turns, lane) == turns.end()) {
        turns.push_back(lane);
      }
    }
  }

  void add(int e, int lane) {
    Event& event = at(e);
    event.lane = options.ordering == Ordering::none ? 0 : lane;
    event.state = Event::State::waiting;
    Lane& l = lanes[static_cast<std::size_t>(event.lane)];
    l.waiting.push_back(e);
    if (options.ordering == Ordering::node && options.relax_after > 0 && l.waiting.size() > options.relax_after) {
      l.relaxed = true;
    }
    settle_turns();
  }
  int take_resumed() {
    const int e = resumed.front();
    resumed.pop_front();
    at(e).state = Event::State::out;
    return e;
  }
  int take(bool fresh) {
    const bool fresh_turn = fresh && std::exchange(next_fresh, !next_fresh);
    if (!resumed.empty() && (!fresh_turn || turns.empty())) {
      return take_resumed();
    }
    if (turns.empty()) {
      return kNone;
    }
    std::deque<int>& waiting = lanes[static_cast<std::size_t>(turns.front())].waiting;
    turns.pop_front();
    auto chosen = waiting.begin();
    if (fresh_turn) {
      const auto never_out = std::ranges::find_if(waiting, [&](int e) { return !at(e).returned; });
      chosen = never_out == waiting.end() ? chosen : never_out;
    }
    const int e = *chosen;
    waiting.erase(chosen);
    at(e).state = Event::State::out;
    settle_turns();
    return e;
  }
  void finish(int e) {
    at(e).state = Event::State::done;
    settle_turns();
  }
  void resume(int e) {
    at(e).state = Event::State::failed;
    ++troubles;
    resumed.push_back(e);
  }
  void step_aside(int e) {
    at(e).state = Event::State::aside;
    ++troubles;
    settle_turns();
  }
  void come_back(int e) {
    at(e).state = Event::State::waiting;
    at(e).returned = true;
    lanes[static_cast<std::size_t>(at(e).lane)].waiting.push_front(e);
    settle_turns();
  }
  Event& at(int e) { return events[static_cast<std::size_t>(e)]; }

  // Everything that decides what happens next.
  [[nodiscard]] std::string key() const {
    std::string text;
    for (const Event& event : events) {
      text += {static_cast<char>('0' + event.lane), static_cast<char>('a' + static_cast<int>(event.state)),
               event.returned ? '<' : '.'};
    }
    for (const Lane& lane : lanes) {
      text += lane.relaxed ? '/' : '|';
      for (const int e : lane.waiting) {
        text += static_cast<char>('0' + e);
      }
    }
    for (const int lane : turns) {
      text += static_cast<char>('A' + lane);
    }
    text += next_fresh ? '+' : '-';
    text += static_cast<char>('0' + troubles);
    for (const int e : resumed) {
      text += static_cast<char>('0' + e);
    }
    return text;
  }

  LanesOptions options;
  std::array<Event, kEvents> events;
  std::array<Lane, 2> lanes;
  std::deque<int> turns;  // lanes that may send
  std::deque<int> resumed;
  bool next_fresh = true;
  int born = 0;
  int troubles = 0;
};

class Explorer {
 public:
  // `remember`: a state that was reached before is not explored again, so walks may be as long as they like.
  Explorer(LanesOptions options, bool remember, int depth) : remember_(remember), depth_(depth) {
    explore(Lanes(options), Model(options), 0);
  }
  [[nodiscard]] std::size_t walked() const { return walked_; }
  [[nodiscard]] const std::string& difference() const { return difference_; }

 private:
  static Ticket ticket(int e) { return {static_cast<std::uint32_t>(e), 0}; }

  // Tries one operation on copies, and everything after it.
  template <class Operation>
  void after(const Lanes& lanes, const Model& model, int done, std::string name, Operation operation) {
    if (!difference_.empty()) {
      return;
    }
    Lanes next_lanes = lanes;
    Model next_model = model;
    path_.push_back(std::move(name));
    operation(next_lanes, next_model);
    const auto active = std::ranges::count_if(std::array{0, 1}, [&](int lane) {
      return std::ranges::any_of(next_model.events, [&](const Model::Event& event) {
        return event.lane == lane && event.state != Model::Event::State::unborn &&
               event.state != Model::Event::State::done;
      });
    });
    check(next_lanes.active() == static_cast<std::size_t>(active), "lanes that are not empty");
    check(next_lanes.ready() == (!next_model.resumed.empty() || !next_model.turns.empty()), "whether one may go");
    ++walked_;
    explore(next_lanes, next_model, done + 1);
    path_.pop_back();
  }

  void check(bool same, std::string_view what) {
    if (same || !difference_.empty()) {
      return;
    }
    difference_ = std::string(what) + " differ after";
    for (const std::string& step : path_) {
      difference_ += " " + step;
    }
  }

  void explore(const Lanes& lanes, const Model& model, int done) {
    using State = Model::Event::State;
    if (done == depth_ || (remember_ && !seen_.insert(model.key()).second)) {
      return;
    }
    if (model.born < kEvents) {
      for (int lane = 0; lane < (model.born == 0 ? 1 : 2); ++lane) {
        after(lanes, model, done, "add" + std::to_string(lane), [&](Lanes& l, Model& m) {
          l.add(ticket(m.born), lane == 0 ? "a" : "b");
          m.add(m.born, lane);
          ++m.born;
        });
      }
    }
    for (const bool fresh : {false, true}) {
      after(lanes, model, done, fresh ? "take_fresh" : "take", [&](Lanes& l, Model& m) {
        const auto taken = fresh ? l.take_fresh() : l.take();
        const int expected = m.take(fresh);
        check((taken ? static_cast<int>(taken->slot) : kNone) == expected, "what was taken");
      });
    }
    for (int e = 0; e < model.born; ++e) {
      const Model::Event& event = model.events[static_cast<std::size_t>(e)];
      const std::string name = std::to_string(e);
      if (event.state == State::out) {
        after(lanes, model, done, "finish" + name, [&](Lanes& l, Model& m) { l.finish(ticket(e)), m.finish(e); });
        if (model.troubles < kTroubles) {
          after(lanes, model, done, "resume" + name, [&](Lanes& l, Model& m) { l.resume(ticket(e)), m.resume(e); });
          after(lanes, model, done, "step_aside" + name,
                [&](Lanes& l, Model& m) { l.step_aside(ticket(e)), m.step_aside(e); });
        }
      } else if (event.state == State::aside) {
        after(lanes, model, done, "come_back" + name,
              [&](Lanes& l, Model& m) { l.come_back(ticket(e)), m.come_back(e); });
      }
    }
  }

  bool remember_;
  int depth_;
  std::set<std::string> seen_;
  std::vector<std::string> path_;
  std::string difference_;
  std::size_t walked_ = 0;
};

class LanesModel : public testing::TestWithParam<LanesOptions> {};

TEST_P(LanesModel, AgreesInEveryWalkOfSevenSteps) {
  const Explorer explorer(GetParam(), false, 7);
  EXPECT_EQ(explorer.difference(), "");
  EXPECT_GT(explorer.walked(), 10000u);
}

TEST_P(LanesModel, AgreesInEveryStateThatFourEventsCanReach) {
  const Explorer explorer(GetParam(), true, 1000);
  EXPECT_EQ(explorer.difference(), "");
  EXPECT_GT(explorer.walked(), 10000u);
}

INSTANTIATE_TEST_SUITE_P(Orderings, LanesModel,
                         testing::Values(LanesOptions{.ordering = Ordering::node, .relax_after = 1},
                                         LanesOptions{.ordering = Ordering::node, .relax_after = 2},
                                         LanesOptions{.ordering = Ordering::node, .relax_after = 0},
                                         LanesOptions{.ordering = Ordering::strict, .relax_after = 1},
                                         LanesOptions{.ordering = Ordering::none, .relax_after = 0}));

}  // namespace
}  // namespace exporter::dispatch
