#include "sink/http/connection.h"

#include <utility>

#include <fmt/format.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "base/check.h"
#include "sink/http/excerpt.h"
#include "sink/http/tls.h"

namespace exporter::http {
namespace {

namespace asio = boost::asio;
using event::TransportFailure;

// A request larger than this was rare: give its memory back.
constexpr std::size_t kKeptRequestBytes = 64 * 1024;

Duration since(TimePoint start) { return std::chrono::steady_clock::now() - start; }

// The peer ended the connection, politely or, over TLS, without saying so (many servers do not send close_notify).
bool is_end(const boost::system::error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

bool is_dead_peer(const boost::system::error_code& error) {
  return error == asio::error::broken_pipe || error == asio::error::connection_reset ||
         error == asio::error::connection_aborted;
}

}  // namespace

event::Answer failed_answer(const Exchange& exchange, TransportFailure failure, std::string_view message) {
  event::Answer answer;
  answer.ticket = exchange.delivery.ticket;
  answer.failure = failure;
  answer.excerpt = make_excerpt(message, exchange.delivery.bearer_token);
  answer.latency = since(exchange.started);
  return answer;
}

Connection::Connection(ConnectionOwner& owner, const Peer& peer, asio::io_context& io)
    : owner_(owner), peer_(peer), socket_(io), reader_(peer.limits) {}

template <class Action>
void Connection::with_stream(Action action) {
  if (tls_) {
    action(*tls_);
  } else {
    action(socket_);
  }
}

std::string_view Connection::activity() const {
  switch (phase_) {
    case Phase::resolving:
      return "resolving the host name";
    case Phase::connecting:
      return "connecting";
    case Phase::handshake:
      return "the TLS handshake";
    case Phase::exchanging:
    case Phase::idle:
    case Phase::closed:
      break;
  }
  if (!written_) {
    return "writing the request";
  }
  return reader_.started() ? "reading the answer" : "waiting for the answer";
}

void Connection::open(Exchange exchange) { exchange_ = exchange; }

void Connection::connect(const Addresses& addresses) {
  phase_ = Phase::connecting;
  asio::async_connect(socket_, addresses,
                      [self = shared_from_this()](const Code& error, const auto&) { self->on_connected(error); });
}

void Connection::fail_resolve(std::string_view message) { fail(TransportFailure::resolve, message); }

void Connection::on_connected(const Code& error) {
  if (phase_ == Phase::closed) {
    return;
  }
  if (error) {
    return fail(TransportFailure::connect,
                fmt::format("connecting to {}: {}", peer_.endpoint.address(), error.message()));
  }
  Code ignored;  // both only make it better
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  if (peer_.tls) {
    shake_hands();
  } else {
    begin();
  }
}

void Connection::shake_hands() {
  phase_ = Phase::handshake;
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *peer_.tls);
  if (!name_peer(tls_->native_handle(), peer_.endpoint.host)) {
    return fail(TransportFailure::tls, fmt::format("{} is not a name that TLS can verify", peer_.endpoint.host));
  }
  tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](const Code& error) {
    if (self->phase_ == Phase::closed) {
      return;
    }
    if (!error) {
      return self->begin();
    }
    self->fail(TransportFailure::tls, fmt::format("TLS handshake with {}: {}", self->peer_.endpoint.address(),
                                                  describe_tls_failure(self->tls_->native_handle(), error)));
  });
}

void Connection::begin() {
  write_request();
  read_more();
}

void Connection::send(Exchange exchange) {
  EXPORTER_CHECK(phase_ == Phase::idle, "only an idle connection takes an exchange");
  exchange_ = exchange;
  write_request();
}

void Connection::write_request() {
  phase_ = Phase::exchanging;
  written_ = false;
  reader_.start();
  const ports::Delivery& delivery = exchange_->delivery;
  peer_.head.write(request_, delivery.bearer_token, delivery.body, delivery.traceparent);
  with_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(request_),
                      [self = shared_from_this()](const Code& error, std::size_t) { self->on_written(error); });
  });
}

void Connection::on_written(const Code& error) {
  if (phase_ == Phase::closed) {
    return;
  }
  if (!error) {
    written_ = true;
    return;
  }
  // A server that refuses a request early answers, then closes: its answer may still be there to be read, and the read
  // that is under way ends in any case.
  if (is_dead_peer(error)) {
    return;
  }
  fail(TransportFailure::reset, fmt::format("writing to {}: {}", peer_.endpoint.address(), error.message()));
}

void Connection::read_more() {
  with_stream([this](auto& stream) {
    stream.async_read_some(asio::buffer(input_), [self = shared_from_this()](const Code& error, std::size_t bytes) {
      self->on_read(error, bytes);
    });
  });
}

void Connection::on_read(const Code& error, std::size_t bytes) {
  if (phase_ == Phase::closed) {
    return;
  }
  if (error) {
    return on_read_end(error);
  }
  if (phase_ == Phase::idle) {
    // Nobody asked: a farewell such as 408, or nonsense. Either way not an answer to the next request.
    close();
    return owner_.ended(*this);
  }
  switch (reader_.feed({input_.data(), bytes})) {
    case ResponseReader::State::reading:
      return read_more();
    case ResponseReader::State::complete:
      // An answer that overtook its request leaves the rest of the request unsaid.
      return deliver(reader_.reusable() && written_);
    case ResponseReader::State::malformed:
      return fail(TransportFailure::protocol, fmt::format("the answer of {} is not HTTP/1.1 as we read it: {}",
                                                          peer_.endpoint.address(), reader_.problem()));
    case ResponseReader::State::cut_short:
      break;
  }
  EXPORTER_CHECK(false, "feeding bytes never ends a response early");
}

void Connection::on_read_end(const Code& error) {
  if (phase_ == Phase::idle) {
    close();
    return owner_.ended(*this);
  }
  if (is_end(error) && reader_.end_of_stream() == ResponseReader::State::complete) {
    return deliver(false);
  }
  if (served_ && !reader_.started() && !exchange_->repeated) {
    auto exchange = *close();
    exchange.repeated = true;
    return owner_.stale(*this, exchange);
  }
  // After the handshake too a server may send an alert: TLS 1.3 refuses a missing client certificate only then.
  const bool alert = tls_ && error.category() == asio::error::get_ssl_category();
  const auto place = reader_.started() ? "inside its answer" : "before its answer";
  fail(alert ? TransportFailure::tls : TransportFailure::reset,
       fmt::format("{} ended the connection {}: {}", peer_.endpoint.address(), place,
                   is_end(error) ? "closed" : error.message()));
}

void Connection::deliver(bool reusable) {
  event::Answer answer;
  answer.ticket = exchange_->delivery.ticket;
  answer.status = reader_.status();
  answer.retry_after = reader_.retry_after();
  if (answer.retry_after) {
    answer.date = reader_.date();
  }
  if (answer.status / 100 != 2) {
    answer.excerpt = make_excerpt(reader_.excerpt(), exchange_->delivery.bearer_token);
  }
  const auto now = std::chrono::steady_clock::now();
  answer.latency = now - exchange_->started;
  if (reusable) {
    exchange_.reset();
    phase_ = Phase::idle;
    served_ = true;
    idle_since_ = now;
    if (request_.capacity() > kKeptRequestBytes) {
      std::string().swap(request_);
    }
    read_more();
  } else {
    close();
  }
  owner_.answered(*this, std::move(answer), reusable);
}

void Connection::fail(TransportFailure failure, std::string_view message) {
  auto answer = failed_answer(*exchange_, failure, message);
  close();
  owner_.answered(*this, std::move(answer), false);
}

std::optional<Exchange> Connection::close() {
  phase_ = Phase::closed;
  Code ignored;
  socket_.close(ignored);
  return std::exchange(exchange_, std::nullopt);
}

}  // namespace exporter::http
