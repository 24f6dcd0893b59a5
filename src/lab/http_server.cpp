#include "lab/http_server.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio.hpp>

namespace exporter::lab {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 8 * 1024;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // after running out of file descriptors

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Answer";
  }
}

void append_answer(std::string& out, const HttpAnswer& answer, bool keep_alive) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", answer.status, reason_phrase(answer.status));
  if (answer.status != 204) {
    fmt::format_to(std::back_inserter(out), "Content-Type: {}\r\nContent-Length: {}\r\n", answer.content_type,
                   answer.body.size());
  }
  if (answer.retry_after >= 0) {
    fmt::format_to(std::back_inserter(out), "Retry-After: {}\r\n", answer.retry_after);
  }
  if (!keep_alive) {
    out += "Connection: close\r\n";
  }
  out += "\r\n";
  if (answer.status != 204) {
    out += answer.body;
  }
}

// What the connections of one server share.
struct Shared {
  HttpHandler& handler;
  HttpAnswer answer;
  std::size_t in_flight = 0;
  asio::io_context io{1};  // last: it is destroyed first, and with it the connections, which use the others
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared)
      : socket_(std::move(socket)), shared_(shared), in_(kFirstBuffer + kBodyPadding) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }
  ~Connection() {
    if (waiting_) {
      --shared_.in_flight;
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void read() {
    if (end_ + kBodyPadding == in_.size()) {
      in_.resize(in_.size() * 2);
    }
    socket_.async_read_some(asio::buffer(in_.data() + end_, in_.size() - kBodyPadding - end_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (error) {
                                return;
                              }
                              self->end_ += size;
                              self->go_on();
                            });
  }

 private:
  // Answers what has arrived in full, as far as answers need not wait; then writes.
  void go_on() {
    while (!closing_ && !waiting_) {
      const Reading reading = read_request({in_.data() + begin_, end_ - begin_});
      if (reading.state == Reading::State::incomplete) {
        make_room(reading.size);
        if (reading.expects_continue) {
          out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        }
        break;
      }
      if (reading.state == Reading::State::bad) {
        shared_.answer.reset();
        shared_.answer.status = reading.status;
        closing_ = true;
        append_answer(out_, shared_.answer, false);
        break;
      }
      if (!answer(reading.request)) {
        return;
      }
      begin_ += reading.size;
    }
    write();
  }

  // False when the connection was cut.
  bool answer(const HttpRequest& request) {
    HttpAnswer& answer = shared_.answer;
    answer.reset();
    shared_.handler.handle(request, shared_.in_flight + 1, answer);
    if (answer.cut && answer.delay <= Duration::zero()) {
      cut();
      return false;
    }
    closing_ = !request.keep_alive;
    if (answer.delay <= Duration::zero()) {
      append_answer(out_, answer, request.keep_alive);
      return true;
    }
    waiting_ = true;
    ++shared_.in_flight;
    late_cut_ = answer.cut;
    append_answer(late_, answer, request.keep_alive);
    if (!timer_) {
      timer_.emplace(socket_.get_executor());
    }
    timer_->expires_after(answer.delay);
    timer_->async_wait([self = shared_from_this()](error_code error) {
      if (!error) {
        self->answer_late();
      }
    });
    return true;
  }

  void answer_late() {
    waiting_ = false;
    --shared_.in_flight;
    if (late_cut_) {
      return cut();
    }
    out_ += late_;
    late_.clear();
    if (!writing_) {
      go_on();
    }
  }

  void write() {
    if (writing_) {
      return;
    }
    error_code error;
    std::size_t written = 0;
    if (!out_.empty()) {
      written = socket_.write_some(asio::buffer(out_), error);
    }
    if (error && error != asio::error::would_block) {
      return;
    }
    if (written == out_.size()) {
      out_.clear();
      return written_all();
    }
    writing_ = true;
    out_.erase(0, written);
    sending_.swap(out_);
    asio::async_write(socket_, asio::buffer(sending_), [self = shared_from_this()](error_code failed, std::size_t) {
      if (failed) {
        return;
      }
      self->writing_ = false;
      self->sending_.clear();
      self->go_on();
    });
  }

  void written_all() {
    if (waiting_) {
      return;  // answer_late goes on
    }
    if (closing_) {
      error_code ignored;
      socket_.shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    read();
  }

  // Moves what is unread to the front, and grows for a request of `size` bytes (0: not yet known).
  void make_room(std::size_t size) {
    if (begin_ > 0) {
      std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.begin() + static_cast<std::ptrdiff_t>(end_),
                in_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (size + kBodyPadding > in_.size()) {
      in_.resize(size + kBodyPadding);
    }
  }

  void cut() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);  // a reset, not a tidy end
    socket_.close(ignored);
    closing_ = true;
  }

  tcp::socket socket_;
  Shared& shared_;
  std::optional<asio::steady_timer> timer_;
  std::vector<char> in_;  // [begin_, end_) has arrived and is not yet answered; kBodyPadding bytes stay free behind it
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string out_;      // answers to be written
  std::string sending_;  // answers that the socket did not take at once
  std::string late_;     // the answer that waits for its time
  bool late_cut_ = false;
  bool waiting_ = false;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace

void HttpAnswer::reset() {
  status = 200;
  content_type = "application/json";
  body.clear();
  retry_after = -1;
  delay = Duration::zero();
  cut = false;
}

struct HttpServer::Impl {
  Shared shared;
  tcp::acceptor acceptor{shared.io};
  asio::steady_timer pause{shared.io};

  explicit Impl(HttpHandler& handler) : shared{.handler = handler, .answer = {}} {}

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) {
        return;
      }
      if (error) {
        pause.expires_after(kAcceptPause);
        pause.async_wait([this](error_code stopped) {
          if (!stopped) {
            accept();
          }
        });
        return;
      }
      std::make_shared<Connection>(std::move(socket), shared)->read();
      accept();
    });
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address, std::uint16_t port,
                                                       HttpHandler& handler) {
  auto impl = std::make_unique<Impl>(handler);
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) {
    return fail(ErrorKind::invalid, fmt::format("{} is not an IP address", address));
  }
  const tcp::endpoint endpoint(ip, port);
  tcp::acceptor& acceptor = impl->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return fail(ErrorKind::invalid, fmt::format("listening on {}:{}: {}", address, port, error.message()));
  }
  impl->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const {
  error_code error;
  return impl_->acceptor.local_endpoint(error).port();
}

void HttpServer::run(std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { impl_->shared.io.stop(); });
  impl_->shared.io.run();
}

}  // namespace exporter::lab
