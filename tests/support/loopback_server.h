// A scriptable HTTP/1.1 server on 127.0.0.1 for tests, plain or TLS: it reads whole requests and answers each with the
// very bytes that the script gives, so that it can also answer what no real server would.
//
// One thread for accepting and one per connection, all joined by the destructor. Written on bare sockets, so that the
// code under test is not tested against itself. Thread-safety: scripts run on the connections' threads, one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <openssl/types.h>

#include "support/test_certificates.h"

namespace exporter::test {

struct ReceivedRequest {
  std::string head;  // up to and including the empty line
  std::string body;
  int connection = 0;  // counted from 0, in order of accepting
  int index = 0;       // on its connection, from 0
};

struct ScriptedReply {
  enum class Then {
    keep,   // go on with the next request
    close,  // close after the bytes were sent
    reset,  // close so that the client gets a TCP reset
    hang,   // send nothing more and keep the connection until the client closes it
  };
  std::string bytes;
  Then then = Then::keep;
};

class LoopbackServer {
 public:
  using Script = std::function<ScriptedReply(const ReceivedRequest&)>;
  struct Options {
    std::optional<Identity> identity = std::nullopt;  // TLS when there is one
    int max_tls_version = 0;                          // as OpenSSL counts; 0: the newest
  };

  explicit LoopbackServer(Script script) : LoopbackServer(std::move(script), Options{}) {}
  LoopbackServer(Script script, const Options& options);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT/events", with https when TLS; `host` as the client shall see it.
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const;
  [[nodiscard]] int connections_accepted() const { return accepted_; }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;

 private:
  struct Channel;
  void accept_until_stopped();
  void serve(int socket, int number);
  bool obey(Channel& channel, const ScriptedReply& reply);

  Script script_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  mutable std::mutex mutex_;  // guards the rest
  bool stopping_ = false;
  std::vector<ReceivedRequest> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A port of 127.0.0.1 that nobody listens on.
[[nodiscard]] std::uint16_t refused_port();

}  // namespace exporter::test
