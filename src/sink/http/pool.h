// Which connection carries which exchange: reuse the last one that became idle, else open one, else wait in line; and
// the one coarse timer that ends exchanges that take too long and connections that idle too long. (A timer per
// operation costs half as much again as the whole request.)
//
// Thread-safety: reactor's thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"
#include "sink/http/connection.h"
#include "sink/http/resolver.h"

namespace exporter::http {

class Pool final : public ConnectionOwner {
 public:
  struct Limits {
    std::size_t max_connections = 1;
    Duration timeout{};  // 0: none
  };

  Pool(boost::asio::io_context& io, Peer peer, Limits limits);
  // Closes everything; sends that have no answer yet never get one.
  ~Pool();

  void on_answer(std::function<void(event::Answer)> handler) { handler_ = std::move(handler); }
  void send(const ports::Delivery& delivery);
  void close();

  void answered(Connection& connection, event::Answer answer, bool reusable) override;
  void stale(Connection& connection, Exchange exchange) override;
  void ended(Connection& connection) override;

 private:
  void place(Exchange exchange);
  void open(Exchange exchange);
  void connect(Connection& connection, const Addresses& addresses);
  void resolved(const Result<Addresses>& result);
  void remove(Connection& connection);
  void serve_waiting();
  void answer_later(event::Answer answer);

  void schedule();
  void arm(TimePoint when);
  void tick();
  void expire(TimePoint now);
  void retire_idle(TimePoint now);

  boost::asio::io_context& io_;
  const Peer peer_;
  const Limits limits_;
  std::function<void(event::Answer)> handler_;
  bool closed_ = false;

  // shared_ptr: operations under way on a connection hold it too, so that it outlives its removal from here.
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;  // the last is used first
  std::deque<Exchange> waiting_;

  Resolver resolver_;
  std::size_t first_address_ = 0;  // moves on when connecting there timed out: the next attempt begins elsewhere
  boost::asio::steady_timer timer_;
  TimePoint armed_ = TimePoint::max();
  std::shared_ptr<Pool*> self_;  // tasks posted ahead find nullptr here once the pool is gone
};

}  // namespace exporter::http
