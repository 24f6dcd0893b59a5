#include "sink/http/pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

namespace exporter::http {
namespace {

using event::TransportFailure;

constexpr auto kTick = std::chrono::milliseconds(50);
// As long as the incumbent keeps them (Go's default), so that a sink's own settings need no change.
constexpr auto kIdleLife = std::chrono::seconds(90);

}  // namespace

Pool::Pool(boost::asio::io_context& io, Peer peer, Limits limits)
    : io_(io),
      peer_(std::move(peer)),
      limits_(limits),
      resolver_(io, peer_.endpoint, [this](const Result<Addresses>& result) { resolved(result); }),
      timer_(io),
      self_(std::make_shared<Pool*>(this)) {}

Pool::~Pool() {
  *self_ = nullptr;
  for (const auto& connection : connections_) {
    connection->close();
  }
}

void Pool::send(const ports::Delivery& delivery) {
  const Exchange exchange{delivery, std::chrono::steady_clock::now(), false};
  if (closed_) {
    return answer_later(failed_answer(exchange, TransportFailure::closed, "the sink is closed"));
  }
  if (!RequestHead::can_carry(delivery.bearer_token)) {
    return answer_later(failed_answer(exchange, TransportFailure::protocol,
                                      "not sent: the bearer token has a character that a header cannot carry"));
  }
  place(exchange);
  schedule();
}

void Pool::place(Exchange exchange) {
  if (!idle_.empty()) {
    Connection* connection = idle_.back();
    idle_.pop_back();
    connection->send(exchange);
  } else if (connections_.size() < limits_.max_connections) {
    open(exchange);
  } else {
    waiting_.push_back(exchange);
  }
}

void Pool::open(Exchange exchange) {
  const auto& connection = connections_.emplace_back(std::make_shared<Connection>(*this, peer_, io_));
  connection->open(exchange);
  if (const Addresses* addresses = resolver_.lookup(); addresses != nullptr) {
    connect(*connection, *addresses);
  }
}

void Pool::connect(Connection& connection, const Addresses& addresses) {
  const auto first = static_cast<std::ptrdiff_t>(first_address_ % addresses.size());
  if (first == 0) {
    return connection.connect(addresses);
  }
  Addresses turned(addresses);
  std::rotate(turned.begin(), turned.begin() + first, turned.end());
  connection.connect(turned);
}

void Pool::resolved(const Result<Addresses>& result) {
  std::vector<std::shared_ptr<Connection>> asking;
  std::copy_if(connections_.begin(), connections_.end(), std::back_inserter(asking),
               [](const auto& connection) { return connection->awaits_addresses(); });
  for (const auto& connection : asking) {
    if (!connection->awaits_addresses()) {
      continue;  // a handler called here has closed it
    }
    if (result) {
      connect(*connection, *result);
    } else {
      connection->fail_resolve(result.error().message);
    }
  }
}

void Pool::answered(Connection& connection, event::Answer answer, bool reusable) {
  if (reusable) {
    idle_.push_back(&connection);
  } else {
    remove(connection);
  }
  serve_waiting();
  schedule();
  handler_(std::move(answer));
}

void Pool::stale(Connection& connection, Exchange exchange) {
  remove(connection);
  // Fresh on purpose: the other idle ones are as old. There is room, since one was just removed.
  open(exchange);
}

void Pool::ended(Connection& connection) {
  std::erase(idle_, &connection);
  remove(connection);
  serve_waiting();
}

void Pool::remove(Connection& connection) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [&connection](const auto& each) { return each.get() == &connection; });
  if (found == connections_.end()) {
    return;
  }
  std::swap(*found, connections_.back());
  connections_.pop_back();
}

void Pool::serve_waiting() {
  while (!waiting_.empty() && (!idle_.empty() || connections_.size() < limits_.max_connections)) {
    const Exchange exchange = waiting_.front();
    waiting_.pop_front();
    place(exchange);
  }
}

void Pool::answer_later(event::Answer answer) {
  boost::asio::post(io_, [alive = self_, posted = std::move(answer)]() mutable {
    if (*alive != nullptr) {
      (*alive)->handler_(std::move(posted));
    }
  });
}

void Pool::close() {
  closed_ = true;
  const auto end = [this](const Exchange& exchange) {
    answer_later(failed_answer(exchange, TransportFailure::closed, "the sink was closed while this was under way"));
  };
  for (const auto& connection : connections_) {
    if (const auto exchange = connection->close(); exchange) {
      end(*exchange);
    }
  }
  for (const auto& exchange : waiting_) {
    end(exchange);
  }
  connections_.clear();
  idle_.clear();
  waiting_.clear();
  timer_.cancel();
}

// The timer runs by the tick while something with a deadline is under way, else until the oldest idle connection's end.
void Pool::schedule() {
  if (closed_) {
    return;
  }
  const bool in_flight = connections_.size() > idle_.size() || !waiting_.empty();
  if (in_flight && limits_.timeout > Duration::zero()) {
    return arm(std::chrono::steady_clock::now() + kTick);
  }
  if (!idle_.empty()) {
    arm(idle_.front()->idle_since() + kIdleLife);
  }
}

void Pool::arm(TimePoint when) {
  if (armed_ <= when) {
    return;  // it goes off earlier and looks again
  }
  armed_ = when;
  timer_.expires_at(when);
  timer_.async_wait([alive = self_](const boost::system::error_code& error) {
    if (!error && *alive != nullptr) {
      (*alive)->tick();
    }
  });
}

void Pool::tick() {
  armed_ = TimePoint::max();
  const auto now = std::chrono::steady_clock::now();
  retire_idle(now);
  expire(now);
  schedule();
}

void Pool::retire_idle(TimePoint now) {
  std::vector<Connection*> old;
  std::copy_if(idle_.begin(), idle_.end(), std::back_inserter(old),
               [now](const Connection* connection) { return now - connection->idle_since() >= kIdleLife; });
  for (Connection* connection : old) {
    connection->close();
    ended(*connection);
  }
}

void Pool::expire(TimePoint now) {
  if (limits_.timeout <= Duration::zero()) {
    return;
  }
  const auto late = [this, now](const Exchange& exchange) { return now - exchange.started >= limits_.timeout; };
  std::vector<event::Answer> answers;
  const auto add = [&](const Exchange& exchange, std::string_view activity) {
    answers.push_back(failed_answer(
        exchange, TransportFailure::timeout,
        fmt::format("no whole answer from {} in time; it ended in {}", peer_.endpoint.address(), activity)));
  };
  std::erase_if(connections_, [&](const auto& connection) {
    if (!connection->exchange() || !late(*connection->exchange())) {
      return false;
    }
    if (connection->connecting()) {
      ++first_address_;
    }
    const auto activity = connection->activity();
    add(*connection->close(), activity);
    return true;
  });
  while (!waiting_.empty() && late(waiting_.front())) {
    add(waiting_.front(), "waiting for a free connection");
    waiting_.pop_front();
  }
  serve_waiting();
  for (auto& answer : answers) {
    handler_(std::move(answer));
  }
}

}  // namespace exporter::http
