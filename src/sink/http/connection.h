// One connection to the sink and the one exchange that it may carry: connect, TLS, write, read, and again.
//
//   open() -> connecting -> exchanging <-> idle -> closed          close() leads there from everywhere
//
// Asio's operations hold the connection by shared_ptr, so it outlives what was started on it; after close() it calls
// its owner no more. Thread-safety: reactor's thread only.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "event/answer.h"
#include "ports/sink.h"
#include "sink/http/endpoint.h"
#include "sink/http/request_head.h"
#include "sink/http/resolver.h"
#include "sink/http/response_reader.h"

namespace exporter::http {

using TimePoint = std::chrono::steady_clock::time_point;

// One delivery attempt, wherever it is just now.
struct Exchange {
  ports::Delivery delivery;
  TimePoint started;      // hand-over; a repetition keeps it
  bool repeated = false;  // the one transparent repetition is used up
};

// An answer to `exchange` that holds the transport's own words, printable and without the token.
[[nodiscard]] event::Answer failed_answer(const Exchange& exchange, event::TransportFailure failure,
                                          std::string_view message);

// What all connections of one sink share; outlives them while they are open.
struct Peer {
  Endpoint endpoint;
  RequestHead head;
  ResponseReader::Limits limits;
  std::unique_ptr<boost::asio::ssl::context> tls;  // nullptr: plain TCP
};

class Connection;

// Who owns connections. Each call is the connection's last act in its handler, so the owner may do anything.
class ConnectionOwner {
 public:
  // The exchange is over. `connection` is idle when reusable, else closed.
  virtual void answered(Connection& connection, event::Answer answer, bool reusable) = 0;
  // The reused connection turned out to be dead before any answer; it is closed, the exchange must be repeated.
  virtual void stale(Connection& connection, Exchange exchange) = 0;
  // The idle connection ended; it is closed.
  virtual void ended(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ConnectionOwner& owner, const Peer& peer, boost::asio::io_context& io);

  // Takes the exchange and waits for connect(): the addresses may not be known yet.
  void open(Exchange exchange);
  // Tries `addresses` in turn, then sends the exchange.
  void connect(const Addresses& addresses);
  void fail_resolve(std::string_view message);
  // Only when idle.
  void send(Exchange exchange);
  // Ends everything without a call to the owner. Returns the exchange that was under way.
  std::optional<Exchange> close();

  [[nodiscard]] bool awaits_addresses() const { return phase_ == Phase::resolving; }
  [[nodiscard]] bool connecting() const { return phase_ <= Phase::handshake; }
  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }
  [[nodiscard]] const std::optional<Exchange>& exchange() const { return exchange_; }
  [[nodiscard]] TimePoint idle_since() const { return idle_since_; }
  // What it is doing, for the message of a timeout.
  [[nodiscard]] std::string_view activity() const;

 private:
  enum class Phase { resolving, connecting, handshake, exchanging, idle, closed };
  using Code = boost::system::error_code;
  using Socket = boost::asio::ip::tcp::socket;

  void on_connected(const Code& error);
  void shake_hands();
  void begin();
  void write_request();
  void on_written(const Code& error);
  void read_more();
  void on_read(const Code& error, std::size_t bytes);
  void on_read_end(const Code& error);
  void deliver(bool reusable);
  void fail(event::TransportFailure failure, std::string_view message);
  template <class Action>
  void with_stream(Action action);

  ConnectionOwner& owner_;
  const Peer& peer_;
  Phase phase_ = Phase::resolving;
  Socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  std::optional<Exchange> exchange_;
  ResponseReader reader_;
  std::string request_;
  bool written_ = false;
  bool served_ = false;  // at least one whole answer came on it
  TimePoint idle_since_;
  std::array<char, 4096> input_;  // filled by the socket
};

}  // namespace exporter::http
