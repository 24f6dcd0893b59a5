#include "admin/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "admin/page.h"
#include "base/json_text.h"

namespace exporter::admin {

namespace {

// Prometheus and the kubelet are near; whoever needs longer only holds a thread that they wait for.
constexpr std::chrono::seconds kIoTimeout(2);
// A browser with the page open keeps some connections at hand that carry nothing (at most six to one server), and each
// holds a thread until kIoTimeout: more threads than that, so that the kubelet's probe does not wait behind them.
constexpr std::size_t kThreads = 8;
constexpr std::size_t kMaxBody = 4096;  // nobody has a reason to send one

// The library's default is SO_REUSEPORT, with which two processes listen on one port and each gets half the requests.
void reuse_address_only(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// Errors of socket(2) and bind(2).
bool is_not_there(int reason) { return reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL; }

std::string place(const std::string& address, std::uint16_t port) {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

constexpr const char* kJson = "application/json";

std::string as_json(const Reasons& reasons) {
  return fmt::format(R"({{"ok":{},"reasons":{}}})", reasons.empty(), json_array(reasons));
}

// GET and HEAD; the library answers other methods with 404.
void serve_page(const httplib::Request&, httplib::Response& response) {
  const auto nonce = new_nonce();
  if (!nonce) {
    response.status = 503;
    response.set_content(nonce.error().message, "text/plain; charset=utf-8");
    return;
  }
  response.set_header("Content-Security-Policy", page_policy(*nonce));
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Referrer-Policy", "no-referrer");
  response.set_header("Cache-Control", "no-store");
  response.set_content(page_with_nonce(*nonce), "text/html; charset=utf-8");
}

}  // namespace

struct AdminServer::Impl {
  Options options;
  Pages pages;
  httplib::Server server;
  std::atomic<std::uint16_t> port = 0;
  std::thread thread;

  void configure() {
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_socket_options(reuse_address_only);
    server.set_keep_alive_max_count(1);
    server.set_keep_alive_timeout(kIoTimeout.count());  // the wait for the first byte, too
    server.set_read_timeout(kIoTimeout);
    server.set_write_timeout(kIoTimeout);
    server.set_payload_max_length(kMaxBody);
    server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(pages.metrics(), "text/plain; version=0.0.4");
    });
    serve_health("/healthz", pages.health);
    serve_health("/readyz", pages.readiness);
    server.Get("/status", [this](const httplib::Request&, httplib::Response& response) {
      response.set_header("Cache-Control", "no-store");
      response.set_content(pages.status(), kJson);
    });
    server.Get("/", serve_page);
  }

  void serve_health(const char* path, const std::function<Reasons()>& ask) {
    server.Get(path, [&ask](const httplib::Request& request, httplib::Response& response) {
      const Reasons reasons = ask();
      response.status = reasons.empty() ? 200 : 503;
      if (request.has_param("verbose")) {
        response.set_content(as_json(reasons), kJson);
      } else {
        response.set_content(reasons.empty() ? "ok" : fmt::format("{}", fmt::join(reasons, "; ")),
                             "text/plain; charset=utf-8");
      }
    });
  }

  // "::" takes IPv4 too, whatever /proc/sys/net/ipv6/bindv6only says: the library clears IPV6_V6ONLY.
  bool bind() {
    if (bind_to(options.address)) {
      return true;
    }
    return is_not_there(errno) && bind_to(options.fallback_address);
  }

  bool bind_to(const std::string& address) {
    errno = 0;
    if (options.port != 0) {
      if (!server.bind_to_port(address, options.port)) {
        return false;
      }
      port = options.port;
      return true;
    }
    const int bound = server.bind_to_any_port(address);
    if (bound > 0) {
      port = static_cast<std::uint16_t>(bound);
    }
    return bound > 0;
  }
};

AdminServer::AdminServer(Options options, Pages pages) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->pages = std::move(pages);
  impl_->configure();
}

AdminServer::~AdminServer() { stop(); }

Result<void> AdminServer::start() {
  if (!impl_->bind()) {
    const int reason = errno;
    return fail(ErrorKind::invalid,
                fmt::format("cannot listen on {} for metrics and health: {}; choose another port with --metrics-port",
                            place(impl_->options.address, impl_->options.port),
                            reason != 0 ? std::strerror(reason) : "the address is not usable"));
  }
  impl_->thread = std::thread([impl = impl_.get()] {
    ::pthread_setname_np(::pthread_self(), "admin");
    impl->server.listen_after_bind();
  });
  // The library's stop() does nothing before its loop runs, so a start is complete only then.
  while (!impl_->server.is_running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

std::uint16_t AdminServer::port() const { return impl_->port; }

void AdminServer::stop() {
  if (impl_->thread.joinable()) {
    impl_->server.stop();
    impl_->thread.join();
  }
}

}  // namespace exporter::admin
