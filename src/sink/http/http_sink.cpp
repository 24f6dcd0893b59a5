#include "sink/http/http_sink.h"

#include <algorithm>
#include <utility>

#include "sink/http/excerpt.h"
#include "sink/http/pool.h"
#include "sink/http/reactor_impl.h"
#include "sink/http/tls.h"

namespace exporter::http {
namespace {

class HttpSink final : public ports::Sink {
 public:
  HttpSink(boost::asio::io_context& io, Peer peer, Pool::Limits limits) : pool_(io, std::move(peer), limits) {}

  void on_answer(std::function<void(event::Answer)> handler) override { pool_.on_answer(std::move(handler)); }
  void send(const ports::Delivery& delivery) override { pool_.send(delivery); }
  void close() override { pool_.close(); }

 private:
  Pool pool_;
};

}  // namespace

Result<std::unique_ptr<ports::Sink>> make_http_sink(AsioReactor& reactor, const SinkOptions& options) {
  auto endpoint = parse_endpoint(options.endpoint);
  if (!endpoint) {
    return fail(std::move(endpoint).error());
  }
  auto head = RequestHead::make(*endpoint, options.user_agent);
  if (!head) {
    return fail(std::move(head).error());
  }

  Peer peer{.endpoint = std::move(*endpoint), .head = std::move(*head), .limits = {}, .tls = nullptr};
  peer.limits.body_bytes = std::max<std::size_t>(options.max_response_bytes, 1);
  peer.limits.excerpt_bytes = kExcerptSourceBytes;
  if (peer.endpoint.tls) {
    auto tls = make_tls_context({.verify = !options.insecure_skip_verify, .ca_file = options.ca_file});
    if (!tls) {
      return fail(std::move(tls).error());
    }
    peer.tls = std::move(*tls);
  }
  const Pool::Limits limits{.max_connections = std::max<std::size_t>(options.max_connections, 1),
                            .timeout = options.timeout};
  return std::make_unique<HttpSink>(reactor.impl().io, std::move(peer), limits);
}

}  // namespace exporter::http
