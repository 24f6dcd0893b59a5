#include "admin/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace exporter::admin {

namespace {

// Prometheus and the kubelet are near; whoever needs longer only holds a thread that they wait for.
constexpr std::chrono::seconds kIoTimeout(2);
constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxBody = 4096;  // nobody has a reason to send one

// The library's default is SO_REUSEPORT, with which two processes listen on one port and each gets half the requests.
// And "::" has to mean IPv4 too, whatever /proc/sys/net/ipv6/bindv6only says; of an IPv4 socket the last call fails.
void set_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const int no = 0;
  const int before = errno;
  ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  errno = before;
}

// Errors of socket(2) and bind(2).
bool is_not_there(int reason) { return reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL; }

std::string place(const std::string& address, std::uint16_t port) {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

}  // namespace

struct AdminServer::Impl {
  Options options;
  std::function<std::string()> metrics_text;
  std::function<Health()> health;
  std::function<Health()> readiness;
  httplib::Server server;
  std::atomic<std::uint16_t> port = 0;
  std::thread thread;

  void configure() {
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_socket_options(set_options);
    server.set_keep_alive_max_count(1);
    server.set_read_timeout(kIoTimeout);
    server.set_write_timeout(kIoTimeout);
    server.set_payload_max_length(kMaxBody);
    server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics_text(), "text/plain; version=0.0.4");
    });
    serve_health("/healthz", health);
    serve_health("/readyz", readiness);
  }

  void serve_health(const char* path, const std::function<Health()>& ask) {
    server.Get(path, [&ask](const httplib::Request&, httplib::Response& response) {
      const Health now = ask();
      response.status = now.ok ? 200 : 503;
      response.set_content(now.ok ? "ok" : now.reason, "text/plain; charset=utf-8");
    });
  }

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

AdminServer::AdminServer(Options options, std::function<std::string()> metrics_text, std::function<Health()> health,
                         std::function<Health()> readiness)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->metrics_text = std::move(metrics_text);
  impl_->health = std::move(health);
  impl_->readiness = std::move(readiness);
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
