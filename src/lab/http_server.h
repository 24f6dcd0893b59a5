// A small HTTP/1.1 server on one thread: connections, keep-alive, late answers, cut connections. Owns Asio.
//
// It shares two cores with the program that is measured against it, so a request costs one recv and one send and no
// allocation once the connection's buffers have grown. Thread-safety: everything happens on the thread inside run();
// a stop may be requested from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "lab/request_reader.h"

namespace exporter::lab {

// The bytes behind a request's body that may be read, as simdjson asks for.
inline constexpr std::size_t kBodyPadding = 64;

// Reused from request to request; reset() before each.
struct HttpAnswer {
  int status = 200;
  std::string_view content_type = "application/json";  // text that outlives the answer
  std::string body;
  std::int64_t retry_after = -1;  // seconds; < 0: no such header
  Duration delay{};               // wait this long before answering
  bool cut = false;               // do not answer at all: reset the connection

  void reset();
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // `in_flight`: requests that have arrived and are not yet answered, this one included. The request's views are valid
  // during the call; behind its body lie kBodyPadding readable bytes.
  virtual void handle(const HttpRequest& request, std::size_t in_flight, HttpAnswer& answer) = 0;
};

class HttpServer {
 public:
  // Bound and listening when it returns. `port` 0 takes a free one. `handler` must outlive the server. Errors: invalid.
  static Result<std::unique_ptr<HttpServer>> listen(const std::string& address, std::uint16_t port,
                                                    HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Serves until `stop`; then drops all connections and returns.
  void run(std::stop_token stop);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::lab
