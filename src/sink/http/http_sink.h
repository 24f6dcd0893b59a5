// The sink: HTTP/1.1 over TCP or TLS, a bounded pool of keep-alive connections on the reactor's thread.
//
// Each request is one flat buffer written by one call; each connection always has one read waiting, so a connection
// that the server closed while it idled is known before it is used again. An answer is handed over when all of it has
// been read, so the connection can carry the next request. A request on a reused connection that ends before the first
// byte of an answer is repeated once, on a fresh connection (RFC 9110 section 9.2.2 allows it: events are idempotent by
// id).
// Redirects are never followed. A 2xx answer has no excerpt: nobody reads it.
//
// Thread-safety: reactor's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "ports/sink.h"
#include "sink/http/asio_reactor.h"

namespace exporter::http {

struct SinkOptions {
  std::string endpoint;               // absolute URL; path and query are sent as they stand
  Duration timeout{};                 // of one whole exchange, from hand-over to the answer's last byte; 0: none
  bool insecure_skip_verify = false;  // no certificate check; the caller warns
  std::string ca_file;                // PEM bundle used instead of the system's roots; empty: the system's
  std::uint32_t max_connections = 1;  // sends beyond it wait for a free connection
  std::string user_agent;
  std::size_t max_response_bytes = 64 * 1024;  // of a body; what is longer is cut by closing the connection
};

// Nothing is resolved or connected here. Fails with `invalid`: a bad URL, a CA file that cannot be read. The sink must
// be destroyed before `reactor`, on its thread or while it does not run, never from inside the answer handler; sends
// without an answer then never get one.
[[nodiscard]] Result<std::unique_ptr<ports::Sink>> make_http_sink(AsioReactor& reactor, const SinkOptions& options);

}  // namespace exporter::http
