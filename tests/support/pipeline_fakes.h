// What a pipeline needs besides a reactor and what it reads, under the control of a test: a sink that answers what it is
// told to, a token, and a datastore's word about how long it keeps its changes. Thread-safety: internally synchronized.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/credentials.h"
#include "ports/reactor.h"
#include "ports/retention.h"
#include "ports/sink.h"

namespace exporter::testing {

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
        held_.push_back({delivery, bodies_.back(), tokens_.back()});
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
  // Held requests whose bytes were not the same any more when they were answered.
  [[nodiscard]] std::size_t changed_meanwhile() const {
    const std::lock_guard lock(mutex_);
    return changed_meanwhile_;
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
    std::vector<Held> held;
    {
      const std::lock_guard lock(mutex_);
      held_back_ = false;
      held.swap(held_);
      for (const Held& each : held) {
        const bool same = each.delivery.body == each.body && each.delivery.bearer_token == each.token;
        changed_meanwhile_ += same ? 0 : 1;
      }
    }
    for (const Held& each : held) {
      answer(each.delivery.ticket, status, failure);
    }
  }
  struct Held {
    ports::Delivery delivery;
    std::string body;  // as it was when it was sent
    std::string token;
  };

  ports::Reactor& reactor_;
  std::function<void(event::Answer)> handler_;
  mutable std::mutex mutex_;
  std::deque<int> statuses_;
  std::vector<std::string> bodies_;
  std::vector<std::string> tokens_;
  std::vector<Held> held_;
  std::size_t changed_meanwhile_ = 0;
  bool held_back_ = false;
};

// Has a token at once, and a new one as soon as one is rejected.
class FakeCredentials final : public ports::Credentials {
 public:
  // Long enough to have memory of its own.
  static std::string token(std::uint64_t generation) {
    return "a-bearer-token-of-generation-" + std::to_string(generation);
  }
  [[nodiscard]] std::shared_ptr<const ports::BearerToken> current() const override {
    const std::lock_guard lock(mutex_);
    return std::make_shared<const ports::BearerToken>(
        ports::BearerToken{.value = token(generation_), .generation = generation_});
  }
  void reject(std::uint64_t generation) override {
    if (generation == current()->generation) {
      renew();
    }
  }
  void renew() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    handler_();
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

// A datastore's word about how long it keeps its changes, as a test wants it. Thread-safety: any thread.
class FakeRetention final : public ports::Retention {
 public:
  void answer(Result<std::optional<Duration>> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  // The positions that it was asked for.
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  Result<std::optional<Duration>> headroom(const event::Position& position) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(position.token);
    return answer_;
  }

 private:
  mutable std::mutex mutex_;
  Result<std::optional<Duration>> answer_ = std::optional<Duration>();
  std::vector<std::string> asked_;
};

}  // namespace exporter::testing
