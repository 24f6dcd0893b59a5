// Drives one sink to the end of a test: sends, runs the reactor until all answers are in, and holds each to "exactly
// one".
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "sink/http/http_sink.h"
#include "support/loopback_server.h"

namespace exporter::http {

inline constexpr auto kPatience = std::chrono::seconds(60);

class SinkHarness {
 public:
  explicit SinkHarness(const SinkOptions& options) {
    auto made = make_http_sink(reactor_, options);
    EXPECT_TRUE(made) << made.error().message;
    sink_ = std::move(*made);
    sink_->on_answer([this](event::Answer answer) {
      EXPECT_FALSE(sending_) << "answered from inside send()";
      answers.push_back(std::move(answer));
      if (answers.size() >= sent_) {
        reactor_.stop();
      }
    });
  }

  void send(std::string body = "{}", std::string token = "t0ken") {
    const auto& kept_body = kept_.emplace_back(std::move(body));
    const auto& kept_token = kept_.emplace_back(std::move(token));
    sending_ = true;
    sink_->send({.ticket = {.slot = sent_++, .generation = 7}, .body = kept_body, .bearer_token = kept_token});
    sending_ = false;
  }

  // Runs until every send is answered, then once more over what is left to do: a second answer would show.
  void run() {
    reactor_.wake_at(after(SystemClock().now(), kPatience), [this] {
      ADD_FAILURE() << "no answer in time";
      reactor_.stop();
    });
    if (answers.size() < sent_) {
      reactor_.run();
    }
    reactor_.post([this] { reactor_.stop(); });
    reactor_.run();
    std::vector<std::uint32_t> slots;
    for (const auto& answer : answers) {
      slots.push_back(answer.ticket.slot);
    }
    std::sort(slots.begin(), slots.end());
    for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
      EXPECT_EQ(slots[slot], slot) << "answered twice or never";
    }
    EXPECT_EQ(answers.size(), sent_);
  }

  // One event there and back.
  event::Answer exchange(std::string body = "{}", std::string token = "t0ken") {
    send(std::move(body), std::move(token));
    run();
    return answers.empty() ? event::Answer{} : answers.back();
  }

  AsioReactor& reactor() { return reactor_; }
  ports::Sink& sink() { return *sink_; }

  std::vector<event::Answer> answers;

 private:
  AsioReactor reactor_;
  std::deque<std::string> kept_;
  std::uint32_t sent_ = 0;
  bool sending_ = false;
  std::unique_ptr<ports::Sink> sink_;
};

inline SinkOptions options_for(const std::string& url) {
  SinkOptions options;
  options.endpoint = url;
  options.timeout = kPatience;
  options.user_agent = "event-exporter/test";
  return options;
}

inline const std::string kAccepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

}  // namespace exporter::http
