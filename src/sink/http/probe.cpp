#include "sink/http/probe.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "sink/http/certificate.h"
#include "sink/http/resolver.h"
#include "sink/http/tls.h"

namespace exporter::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::steady_clock;
using Code = boost::system::error_code;

std::string to_text(const tcp::endpoint& address) {
  return address.address().is_v6() ? fmt::format("[{}]:{}", address.address().to_string(), address.port())
                                   : fmt::format("{}:{}", address.address().to_string(), address.port());
}

std::string seconds_text(Duration duration) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(duration).count());
}

// Something else than TLS came back, or nothing.
bool speaks_no_tls(const Code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == asio::error::connection_reset) {
    return true;
  }
  if (error.category() != asio::error::get_ssl_category()) {
    return false;
  }
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG;
}

// The context of the sink's connections; but what is wrong with the certificate is found out, not acted upon.
Result<std::unique_ptr<asio::ssl::context>> make_context(const ProbeOptions& options) {
  auto context = make_tls_context({.verify = true, .ca_file = options.ca_file, .ca_file_key = options.ca_file_key});
  if (!context && !options.verify) {
    context = make_tls_context({.verify = false, .ca_file = {}});
  }
  if (context) {
    SSL_CTX_set_verify((*context)->native_handle(), SSL_VERIFY_NONE, nullptr);
  }
  return context;
}

Error stopped() { return {ErrorKind::cancelled, "stopped"}; }

}  // namespace

class Probe::Impl {
 public:
  Impl(Endpoint endpoint, std::unique_ptr<asio::ssl::context> context)
      : endpoint_(std::move(endpoint)),
        context_(std::move(context)),
        work_(asio::make_work_guard(io_)),
        resolver_(io_, endpoint_, [this](const Result<Addresses>& result) { looked_up_ = result; }),
        socket_(io_) {}

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  Result<std::vector<std::string>> resolve(Duration timeout, const std::stop_token& stop) {
    if (const Addresses* known = resolver_.lookup(); known != nullptr) {
      addresses_ = *known;
    } else {
      if (!wait_until(steady_clock::now() + timeout, stop, [this] { return looked_up_.has_value(); })) {
        return stop.stop_requested() ? fail(stopped())
                                     : fail(ErrorKind::transient, fmt::format("resolving {}: no answer in {}",
                                                                              endpoint_.host, seconds_text(timeout)));
      }
      if (!*looked_up_) {
        return fail(looked_up_->error());
      }
      addresses_ = **looked_up_;
    }
    std::vector<std::string> texts;
    for (const tcp::endpoint& address : addresses_) {
      texts.push_back(address.address().to_string());
    }
    return texts;
  }

  Result<std::vector<ConnectAttempt>> connect(Duration timeout, const std::stop_token& stop) {
    const auto deadline = steady_clock::now() + timeout;
    std::vector<ConnectAttempt> attempts;
    for (const tcp::endpoint& address : addresses_) {
      const auto left = std::max<Duration>(deadline - steady_clock::now(), Duration::zero());
      const auto share = left / static_cast<std::int64_t>(addresses_.size() - attempts.size());
      close();
      finished_.reset();
      socket_.async_connect(address, [this](const Code& error) { finished_ = error; });
      const bool done = wait_until(steady_clock::now() + share, stop, [this] { return finished_.has_value(); });
      if (!done && stop.stop_requested()) {
        close();
        return fail(stopped());
      }
      attempts.push_back({to_text(address), done ? "" : "no answer in " + seconds_text(share)});
      if (done && !*finished_) {
        return attempts;
      }
      if (done) {
        attempts.back().problem = finished_->message();
      }
    }
    close();
    return attempts;
  }

  Result<TlsReport> handshake(Duration timeout, const std::stop_token& stop) {
    asio::ssl::stream<tcp::socket&> stream(socket_, *context_);
    if (!name_peer(stream.native_handle(), endpoint_.host)) {
      return fail(ErrorKind::transient, fmt::format("{} is not a name that TLS can verify", endpoint_.host));
    }
    finished_.reset();
    stream.async_handshake(asio::ssl::stream_base::client, [this](const Code& error) { finished_ = error; });
    const bool done = wait_until(steady_clock::now() + timeout, stop, [this] { return finished_.has_value(); });
    const bool was_stopped = !done && stop.stop_requested();
    if (!done) {
      close();  // before the stream goes: ends what was started on it
      return was_stopped ? fail(stopped())
                         : fail(ErrorKind::transient, fmt::format("the TLS handshake got no answer in {}; does the "
                                                                  "server speak TLS on this port?",
                                                                  seconds_text(timeout)));
    }
    if (*finished_) {
      return fail(ErrorKind::transient,
                  fmt::format("the TLS handshake failed: {}{}", finished_->message(),
                              speaks_no_tls(*finished_) ? "; does the server speak TLS on this port?" : ""));
    }
    return describe_connection(stream.native_handle());
  }

  // Ends what was started on the socket too.
  void close() {
    Code ignored;
    socket_.close(ignored);
    io_.poll();
  }

 private:
  // Runs what was started. False: out of time, or stopped.
  template <class Condition>
  bool wait_until(steady_clock::time_point deadline, const std::stop_token& stop, Condition done) {
    const std::stop_callback wake(stop, [this] { asio::post(io_, [] {}); });
    while (!done() && !stop.stop_requested() && steady_clock::now() < deadline) {
      io_.run_one_until(deadline);
    }
    io_.poll();  // what is there already counts, however late this thread is
    return done();
  }

  const Endpoint endpoint_;
  const std::unique_ptr<asio::ssl::context> context_;  // nullptr: plain http
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;  // look-ups run elsewhere: waiting is work
  std::optional<Result<Addresses>> looked_up_;
  Resolver resolver_;
  tcp::socket socket_;
  Addresses addresses_;
  std::optional<Code> finished_;  // what was started last has ended so
};

Result<std::unique_ptr<Probe>> Probe::create(const ProbeOptions& options) {
  auto endpoint = parse_endpoint(options.url);
  if (!endpoint) {
    // Its message names the sink's key.
    return fail(ErrorKind::invalid, fmt::format("{} is not an http:// or https:// URL with a host", options.url_key));
  }
  std::unique_ptr<asio::ssl::context> context;
  if (endpoint->tls) {
    auto made = make_context(options);
    if (!made) {
      return fail(std::move(made).error());
    }
    context = std::move(*made);
  }
  return std::unique_ptr<Probe>(new Probe(std::make_unique<Impl>(std::move(*endpoint), std::move(context))));
}

Probe::Probe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Probe::~Probe() = default;
const Endpoint& Probe::endpoint() const { return impl_->endpoint(); }
Result<std::vector<std::string>> Probe::resolve(Duration timeout, const std::stop_token& stop) {
  return impl_->resolve(timeout, stop);
}
Result<std::vector<ConnectAttempt>> Probe::connect(Duration timeout, const std::stop_token& stop) {
  return impl_->connect(timeout, stop);
}
Result<TlsReport> Probe::handshake(Duration timeout, const std::stop_token& stop) {
  return impl_->handshake(timeout, stop);
}
void Probe::close() { impl_->close(); }

}  // namespace exporter::http
