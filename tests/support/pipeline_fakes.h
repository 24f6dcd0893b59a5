// What a pipeline needs besides a datastore, under the control of a test: a reactor on a manual clock, a sink that answers
// what it is told to, and a token.
//
// Thread-safety: internally synchronized; the reactor's thread is the one that calls run().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/credentials.h"
#include "ports/reactor.h"
#include "ports/sink.h"
#include "support/manual_clock.h"

namespace exporter::testing {

class ManualReactor final : public ports::Reactor {
 public:
  explicit ManualReactor(ManualClock& clock) : clock_(clock) {}

  void post(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void wake_at(MonoTime when, std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    due_ = when;
    timer_ = std::move(task);
  }
  void run() override {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (clock_.now() >= due_) {
        due_ = kNever;
        tasks_.push_back(std::exchange(timer_, nullptr));
      }
      if (tasks_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
      changed_.notify_all();
    }
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  // From the test's thread: looks again after each task (and each millisecond, for what other threads do), and moves the
  // clock on by `each` between looks. False after ten seconds.
  template <class Condition>
  bool eventually(Condition condition, Duration each = Duration::zero()) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > give_up) {
        return false;
      }
      clock_.advance(each);
      std::unique_lock lock(mutex_);
      changed_.notify_all();
      changed_.wait_for(lock, std::chrono::milliseconds(1));
    }
    return true;
  }

 private:
  ManualClock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::function<void()> timer_;
  MonoTime due_ = kNever;
  bool stopped_ = false;
};

// Answers each request with status(), unless it is told to hold its answers back.
class FakeSink final : public ports::Sink {
 public:
  explicit FakeSink(ports::Reactor& reactor) : reactor_(reactor) {}

  void on_answer(std::function<void(event::Answer)> handler) override { handler_ = std::move(handler); }
  void send(const ports::Delivery& delivery) override {
    int status = 0;
    {
      const std::lock_guard lock(mutex_);
      bodies_.emplace_back(delivery.body);
      tokens_.emplace_back(delivery.bearer_token);
      if (held_back_) {
        held_.push_back(delivery.ticket);
        return;
      }
      status = statuses_.empty() ? 202 : statuses_.front();
      if (!statuses_.empty()) {
        statuses_.pop_front();
      }
    }
    answer(delivery.ticket, status, event::TransportFailure::none);
  }
  void close() override { answer_held(0, event::TransportFailure::closed); }

  void hold() {
    const std::lock_guard lock(mutex_);
    held_back_ = true;
  }
  // The held answers, and from now on at once.
  void release() { answer_held(202, event::TransportFailure::none); }
  // The next requests are answered with these.
  void answer_next(std::deque<int> statuses) {
    const std::lock_guard lock(mutex_);
    statuses_ = std::move(statuses);
  }
  [[nodiscard]] std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  [[nodiscard]] std::vector<std::string> tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }

 private:
  void answer(event::Ticket ticket, int status, event::TransportFailure failure) {
    event::Answer made;
    made.ticket = ticket;
    made.status = status;
    made.failure = failure;
    reactor_.post([this, made] { handler_(made); });
  }
  void answer_held(int status, event::TransportFailure failure) {
    std::vector<event::Ticket> held;
    {
      const std::lock_guard lock(mutex_);
      held_back_ = false;
      held.swap(held_);
    }
    for (const event::Ticket ticket : held) {
      answer(ticket, status, failure);
    }
  }

  ports::Reactor& reactor_;
  std::function<void(event::Answer)> handler_;
  mutable std::mutex mutex_;
  std::deque<int> statuses_;
  std::vector<std::string> bodies_;
  std::vector<std::string> tokens_;
  std::vector<event::Ticket> held_;
  bool held_back_ = false;
};

// Has a token at once, and a new one as soon as one is rejected: "token-<generation>".
class FakeCredentials final : public ports::Credentials {
 public:
  [[nodiscard]] std::shared_ptr<const ports::BearerToken> current() const override {
    const std::lock_guard lock(mutex_);
    return std::make_shared<const ports::BearerToken>(
        ports::BearerToken{.value = "token-" + std::to_string(generation_), .generation = generation_});
  }
  void reject(std::uint64_t generation) override {
    const std::lock_guard lock(mutex_);
    if (generation == generation_) {
      ++generation_;
      handler_();
    }
  }
  void on_change(std::function<void()> handler) override {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t generation_ = 1;
  std::function<void()> handler_;
};

}  // namespace exporter::testing
