#include "sink/http/resolver.h"

#include <netdb.h>

#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "base/ascii.h"
#include "base/mutex.h"

namespace exporter::http {
namespace {

using boost::asio::ip::tcp;

constexpr auto kFresh = std::chrono::seconds(5);

// Blocks. In the order of RFC 6724, as the C library sorts them.
Result<Addresses> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(ErrorKind::transient, fmt::format("resolving {}: {}", host, ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    tcp::endpoint address;
    if (each->ai_addrlen > address.capacity()) {
      continue;
    }
    std::memcpy(address.data(), each->ai_addr, each->ai_addrlen);
    address.resize(each->ai_addrlen);
    address.port(port);
    addresses.push_back(address);
  }
  if (addresses.empty()) {
    return fail(ErrorKind::transient, fmt::format("resolving {}: no address", host));
  }
  return addresses;
}

// RFC 6761 section 6.3: these names are the loopback addresses, whatever a name server or a missing hosts file says.
bool is_localhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  const bool below = host.size() > kName.size() && host[host.size() - kName.size() - 1] == '.';
  return equals_ignoring_case(host, kName) ||
         (below && equals_ignoring_case(host.substr(host.size() - kName.size()), kName));
}

}  // namespace

struct Resolver::Shared {
  Mutex mutex;
  Resolver* owner EXPORTER_GUARDED_BY(mutex) = nullptr;  // nullptr once the resolver is gone

  static void hand_over(const std::shared_ptr<Shared>& shared, Result<Addresses> result);
};

// From any thread. Under the lock the owner is alive, and so is its io_context; the task asks again when it runs.
void Resolver::Shared::hand_over(const std::shared_ptr<Shared>& shared, Result<Addresses> result) {
  const MutexLock lock(shared->mutex);
  if (shared->owner == nullptr) {
    return;
  }
  boost::asio::post(shared->owner->io_, [shared, outcome = std::move(result)]() mutable {
    Resolver* owner = nullptr;
    {
      const MutexLock inner(shared->mutex);
      owner = shared->owner;
    }
    if (owner != nullptr) {
      owner->finish(std::move(outcome));
    }
  });
}

Resolver::Resolver(boost::asio::io_context& io, const Endpoint& endpoint,
                   std::function<void(const Result<Addresses>&)> done)
    : io_(io), endpoint_(endpoint), done_(std::move(done)), shared_(std::make_shared<Shared>()) {
  const MutexLock lock(shared_->mutex);
  shared_->owner = this;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint_.host, error);
  fixed_ = !error;
  if (fixed_) {
    addresses_.emplace_back(address, endpoint_.port);
  } else if (is_localhost(endpoint_.host)) {
    fixed_ = true;
    addresses_.emplace_back(boost::asio::ip::address_v4::loopback(), endpoint_.port);
    addresses_.emplace_back(boost::asio::ip::address_v6::loopback(), endpoint_.port);
  }
}

Resolver::~Resolver() {
  const MutexLock lock(shared_->mutex);
  shared_->owner = nullptr;
}

const Addresses* Resolver::lookup() {
  if (fixed_ || (!addresses_.empty() && std::chrono::steady_clock::now() - resolved_at_ < kFresh)) {
    return &addresses_;
  }
  if (!running_) {
    start();
  }
  return nullptr;
}

void Resolver::start() {
  running_ = true;
  try {
    std::thread([shared = shared_, host = endpoint_.host, port = endpoint_.port] {
      Shared::hand_over(shared, look_up(host, port));
    }).detach();
  } catch (const std::system_error& error) {
    Shared::hand_over(shared_, fail(ErrorKind::transient, fmt::format("starting a look-up: {}", error.what())));
  }
}

void Resolver::finish(Result<Addresses> result) {
  running_ = false;
  if (result) {
    addresses_ = *result;
    resolved_at_ = std::chrono::steady_clock::now();
  }
  done_(result);
}

}  // namespace exporter::http
