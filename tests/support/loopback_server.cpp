#include "support/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <csignal>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/check.h"

namespace exporter::test {
namespace {

int listen_on_loopback(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPORTER_CHECK(socket >= 0, "a socket opens");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = std::bit_cast<sockaddr*>(&address);
  EXPORTER_CHECK(::bind(socket, generic, size) == 0, "a loopback port is free");
  EXPORTER_CHECK(::getsockname(socket, generic, &size) == 0, "a bound socket has a name");
  port = ntohs(address.sin_port);
  return socket;
}

SSL_CTX* make_server_context(const Identity& identity, int max_version) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  // Old versions need a lower security level than Debian's default to be offered at all.
  if (max_version != 0) {
    SSL_CTX_set_cipher_list(context, "DEFAULT@SECLEVEL=0");
  }
  SSL_CTX_set_min_proto_version(context, max_version);
  SSL_CTX_set_max_proto_version(context, max_version);
  BIO* bio = BIO_new_mem_buf(identity.certificate_pem.data(), static_cast<int>(identity.certificate_pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = BIO_new_mem_buf(identity.key_pem.data(), static_cast<int>(identity.key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  EXPORTER_CHECK(SSL_CTX_use_certificate(context, certificate) == 1, "the certificate is one");
  EXPORTER_CHECK(SSL_CTX_use_PrivateKey(context, key) == 1, "the key belongs to it");
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

std::size_t content_length(const std::string& head) {
  static constexpr std::string_view kName = "\r\nContent-Length: ";
  const auto at = head.find(kName);
  std::size_t length = 0;
  if (at != std::string::npos) {
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
  }
  return length;
}

}  // namespace

// One connection's bytes, through TLS or not.
struct LoopbackServer::Channel {
  int socket;
  SSL* tls = nullptr;
  std::string buffered;

  bool receive() {
    std::array<char, 16384> piece{};
    const auto size = tls != nullptr ? SSL_read(tls, piece.data(), static_cast<int>(piece.size()))
                                     : static_cast<int>(::recv(socket, piece.data(), piece.size(), 0));
    if (size > 0) {
      buffered.append(piece.data(), static_cast<std::size_t>(size));
    }
    return size > 0;
  }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = tls != nullptr ? SSL_write(tls, bytes.data(), static_cast<int>(bytes.size()))
                                       : static_cast<int>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (sent <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Empty when the client is gone.
  std::optional<ReceivedRequest> next() {
    auto end = buffered.find("\r\n\r\n");
    for (; end == std::string::npos; end = buffered.find("\r\n\r\n")) {
      if (!receive()) {
        return std::nullopt;
      }
    }
    ReceivedRequest request;
    request.head = buffered.substr(0, end + 4);
    const auto whole = request.head.size() + content_length(request.head);
    while (buffered.size() < whole) {
      if (!receive()) {
        return std::nullopt;
      }
    }
    request.body = buffered.substr(request.head.size(), whole - request.head.size());
    buffered.erase(0, whole);
    return request;
  }
};

LoopbackServer::LoopbackServer(Script script, const Options& options) : script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
  if (options.identity) {
    tls_ = make_server_context(*options.identity, options.max_tls_version);
  }
  listener_ = listen_on_loopback(port_);
  EXPORTER_CHECK(::listen(listener_, 128) == 0, "a bound socket listens");
  acceptor_ = std::thread([this] { accept_until_stopped(); });
}

LoopbackServer::~LoopbackServer() {
  ::shutdown(listener_, SHUT_RDWR);  // wakes the acceptor
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : sockets_) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
  for (auto& thread : threads_) {
    thread.join();
  }
  ::close(listener_);
  SSL_CTX_free(tls_);
}

std::string LoopbackServer::url(const std::string& host) const {
  return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) + "/events";
}

std::vector<ReceivedRequest> LoopbackServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void LoopbackServer::accept_until_stopped() {
  for (int socket = 0; (socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number = accepted_++] { serve(socket, number); });
  }
}

void LoopbackServer::serve(int socket, int number) {
  Channel channel{socket, nullptr, {}};
  bool open = true;
  if (tls_ != nullptr) {
    channel.tls = SSL_new(tls_);
    SSL_set_fd(channel.tls, socket);
    open = SSL_accept(channel.tls) == 1;
  }
  for (int index = 0; open; ++index) {
    auto request = channel.next();
    if (!request) {
      break;
    }
    request->connection = number;
    request->index = index;
    ScriptedReply reply;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) {
        break;
      }
      requests_.push_back(*request);
      reply = script_(*request);
    }
    open = obey(channel, reply);
  }
  SSL_free(channel.tls);
  ERR_clear_error();
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

bool LoopbackServer::obey(Channel& channel, const ScriptedReply& reply) {
  channel.send(reply.bytes);
  switch (reply.then) {
    case ScriptedReply::Then::keep:
      return true;
    case ScriptedReply::Then::close:
      if (channel.tls != nullptr) {
        SSL_shutdown(channel.tls);
      }
      return false;
    case ScriptedReply::Then::reset: {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(channel.socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return false;
    }
    case ScriptedReply::Then::hang:
      while (channel.receive()) {
        channel.buffered.clear();
      }
      return false;
  }
  return false;
}

std::uint16_t refused_port() {
  std::uint16_t port = 0;
  ::close(listen_on_loopback(port));
  return port;
}

}  // namespace exporter::test
