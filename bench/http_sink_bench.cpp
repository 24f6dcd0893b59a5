// The sink alone, closed loop, against a responder that does as little as it can, on another thread and core. Prints
// requests/s and the loop thread's CPU per request for 10 and 64 in flight: build/release/http_sink_bench [requests]
#include <sys/resource.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "sink/http/http_sink.h"

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace exporter;

constexpr std::string_view kReply = "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
constexpr std::string_view kEndOfBody = "END}";  // how every body of the bench ends

// Answers whenever the last bytes received end a body.
struct Session : std::enable_shared_from_this<Session> {
  explicit Session(tcp::socket accepted) : socket(std::move(accepted)) { socket.set_option(tcp::no_delay(true)); }
  void read() {
    socket.async_read_some(asio::buffer(input), [self = shared_from_this()](auto error, std::size_t size) {
      if (error) {
        return;
      }
      if (!std::string_view(self->input.data(), size).ends_with(kEndOfBody)) {
        return self->read();
      }
      asio::async_write(self->socket, asio::buffer(kReply), [self](auto failed, std::size_t) {
        if (!failed) {
          self->read();
        }
      });
    });
  }
  tcp::socket socket;
  std::array<char, 16384> input{};
};

struct Responder {
  Responder() {
    accept();
    thread = std::thread([this] { io.run(); });
  }
  ~Responder() {
    io.stop();
    thread.join();
  }
  void accept() {
    acceptor.async_accept([this](auto error, tcp::socket socket) {
      if (error) {
        return;
      }
      std::make_shared<Session>(std::move(socket))->read();
      accept();
    });
  }
  asio::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

double thread_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int measure(std::uint32_t in_flight, std::uint32_t requests) {
  Responder responder;
  http::AsioReactor reactor;
  http::SinkOptions options;
  options.endpoint = fmt::format("http://127.0.0.1:{}/events", responder.acceptor.local_endpoint().port());
  options.timeout = std::chrono::seconds(30);
  options.max_connections = in_flight;
  options.user_agent = "bench";
  auto sink = http::make_http_sink(reactor, options);
  if (!sink) {
    return 1;
  }
  const std::string body = std::string(800, 'x') + std::string(kEndOfBody);
  const std::string token(900, 't');
  std::uint32_t sent = 0;
  std::uint32_t answered = 0;
  std::uint32_t failed = 0;
  const auto send = [&] { (*sink)->send({.ticket = {sent++, 0}, .body = body, .bearer_token = token}); };
  (*sink)->on_answer([&](const event::Answer& answer) {
    failed += answer.status == 202 ? 0U : 1U;
    if (++answered == requests) {
      reactor.stop();
    } else if (sent < requests) {
      send();
    }
  });
  const auto cpu = thread_cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < in_flight; ++i) {
    send();
  }
  reactor.run();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  fmt::print("{:3} in flight: {:7.0f} requests/s, {:5.1f} us CPU a request, {} failed\n", in_flight,
             requests / elapsed.count(), (thread_cpu_seconds() - cpu) * 1e6 / requests, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const auto requests = count > 1 ? static_cast<std::uint32_t>(std::atoi(arguments[1])) : 200'000U;
  int result = 0;
  for (int round = 0; round < 3; ++round) {
    for (const std::uint32_t in_flight : {10U, 64U}) {
      result |= measure(in_flight, requests);
    }
  }
  return result;
}
