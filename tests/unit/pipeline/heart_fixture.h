// The heart, driven by hand: no thread, no socket, no clock.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/heart.h"

namespace exporter::pipeline {

using namespace std::chrono_literals;
using event::PreparedEvent;

// given / when / then in a few words. Positions are "1", "2", ... in order of arrival.
class HeartTest : public ::testing::Test {
 protected:
  void make(HeartOptions options = {}) {
    ports::Checkpoint saved;
    saved.position.token = "0";
    make_from(options, saved);
  }
  void make_from(HeartOptions options, const ports::Checkpoint& saved) {
    heart_.emplace(options, saved);
    heart_->credentials(1, now_);
  }
  static HeartOptions options(std::uint32_t workers, std::uint32_t max_retries = 17) {
    HeartOptions made;
    made.workers = workers;
    made.max_retries = max_retries;
    made.backoff = {.initial = 1s, .cap = 8s, .multiplier = 2};
    return made;
  }

  PreparedEvent next_event(const std::string& node) {
    PreparedEvent made;
    made.document_id = "doc-" + std::to_string(++next_);
    made.node = node;
    made.body = "{}";
    made.after.position.token = std::to_string(next_);
    return made;
  }
  void arrive_events(std::vector<PreparedEvent> events) {
    event::PreparedBatch batch;
    batch.events = std::move(events);
    batch.read_at = now_;
    heart_->arrived(std::move(batch), now_, wall_);
    collect();
  }
  void arrive_event(PreparedEvent event) {
    std::vector<PreparedEvent> events;
    events.push_back(std::move(event));
    arrive_events(std::move(events));
  }
  std::vector<PreparedEvent> next_events(const std::vector<std::string>& nodes) {
    std::vector<PreparedEvent> events;
    for (const std::string& node : nodes) {
      events.push_back(next_event(node));
    }
    return events;
  }
  void arrive(const std::vector<std::string>& nodes) { arrive_events(next_events(nodes)); }
  void answer(std::size_t index, int status, std::optional<std::string> retry_after = {}) {
    event::Answer made;
    made.ticket = sent_.at(index);
    made.status = status;
    made.retry_after = std::move(retry_after);
    made.excerpt = "because";
    heart_->answered(made, now_, wall_);
    collect();
  }
  void tick(Duration later) {
    now_ += later;
    heart_->tick(now_);
    collect();
  }
  void collect() {
    Actions& actions = heart_->actions();
    for (const Ticket ticket : actions.sends) {
      sent_.push_back(ticket);
    }
    for (const auto& item : actions.dead_letters) {
      letters_.push_back(item);
    }
    if (actions.save) {
      saves_.push_back(*actions.save);
    }
    if (actions.reject_credentials) {
      rejected_.push_back(*actions.reject_credentials);
    }
    for (const Notice& notice : actions.notices) {
      notices_.push_back(notice);
    }
    for (auto& trace : actions.traces) {
      traces_.push_back(std::move(trace));
    }
    accepted_ += actions.accepted.size();
    actions.clear();
  }
  [[nodiscard]] std::string position() const { return heart_->checkpoint().position.token; }

  std::optional<Heart> heart_;
  MonoTime now_{1000s};
  WallTime wall_{1000000s};
  int next_ = 0;
  std::vector<Ticket> sent_;
  std::vector<Actions::DeadLetter> letters_;
  std::vector<ports::Checkpoint> saves_;
  std::vector<std::uint64_t> rejected_;
  std::vector<Notice> notices_;
  std::vector<std::unique_ptr<event::EventTrace>> traces_;
  std::size_t accepted_ = 0;
};

}  // namespace exporter::pipeline
