// Turns the sink's host name into addresses: one look-up at a time however many ask, its result used for a few seconds.
//
// getaddrinfo(3) cannot be cancelled and may block for half a minute, so each look-up runs on a thread of its own that
// holds nothing of ours: Asio's resolver would make the shutdown wait for it. Thread-safety: reactor's thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/error.h"
#include "sink/http/endpoint.h"

namespace exporter::http {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

class Resolver {
 public:
  // `done` is called on the reactor's thread after each look-up, with at least one address or why there is none.
  Resolver(boost::asio::io_context& io, const Endpoint& endpoint, std::function<void(const Result<Addresses>&)> done);
  // A look-up still running is left behind; `done` is not called any more.
  ~Resolver();

  // The addresses, when they are known and fresh; else nullptr, and a look-up is started unless one runs.
  [[nodiscard]] const Addresses* lookup();

 private:
  struct Shared;
  void start();
  void finish(Result<Addresses> result);

  boost::asio::io_context& io_;
  const Endpoint endpoint_;
  std::function<void(const Result<Addresses>&)> done_;
  Addresses addresses_;
  bool fixed_ = false;  // the host is an address, or localhost
  bool running_ = false;
  std::chrono::steady_clock::time_point resolved_at_;
  std::shared_ptr<Shared> shared_;  // with the look-up's thread, which may outlive this
};

}  // namespace exporter::http
