#include "app/verify_sink.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/module_options.h"
#include "app/verify_event.h"
#include "auth/secret_file.h"
#include "auth/token_client.h"
#include "auth/token_fetch.h"
#include "sink/http/asio_reactor.h"
#include "sink/http/http_sink.h"
#include "sink/http/probe.h"

namespace exporter::app {

namespace {

constexpr Duration kLongestStep = std::chrono::hours(1);
constexpr Duration kStepWithoutTimeout = std::chrono::seconds(30);  // sink.timeout = 0

// The variables that other programs take a proxy from; this one has none (auth/token_client.h).
std::vector<std::string> proxy_variables() {
  std::vector<std::string> found;
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      found.emplace_back(name);
    }
  }
  return found;
}

Finding stopped_finding() { return failed("stopped by a signal"); }

Finding invalid(const Error& error) {
  Finding finding = failed(error.message);
  finding.invalid = true;
  return finding;
}

// One event there and back, by the exporter's own sink.
class Post {
 public:
  static Result<std::unique_ptr<Post>> create(const http::SinkOptions& options) {
    auto post = std::make_unique<Post>();
    auto sink = http::make_http_sink(post->reactor_, options);
    if (!sink) {
      return fail(std::move(sink.error()));
    }
    post->sink_ = std::move(*sink);
    post->sink_->on_answer([raw = post.get()](event::Answer answer) {
      raw->answer_ = std::move(answer);
      raw->reactor_.stop();
    });
    return post;
  }

  // TransportFailure::closed: stopped.
  event::Answer send(const ports::Delivery& delivery, const std::stop_token& stop) {
    sink_->send(delivery);
    const std::stop_callback close(stop, [this] { reactor_.post([this] { sink_->close(); }); });
    reactor_.run();
    return answer_;
  }

 private:
  http::AsioReactor reactor_;
  std::unique_ptr<ports::Sink> sink_;  // goes before the reactor
  event::Answer answer_;
};

// The way to one server.
struct Way {
  Server server;
  std::unique_ptr<http::Probe> probe;
  Duration timeout{};
};

class Verification {
 public:
  Verification(const config::Loaded& loaded, const VerifyOptions& options, const Clock& clock,
               const std::stop_token& stop, const std::function<void(const VerifyStep&)>& on_step)
      : loaded_(loaded), config_(loaded.config), options_(options), clock_(clock), stop_(stop), on_step_(on_step) {}

  int run() {
    step("configuration", [this] { return configuration(); });
    step("client secret", [this] { return client_secret(); });
    take("token endpoint DNS", "token endpoint TCP", "token endpoint TLS", token_way_);
    step("token", [this] { return fetch(); });
    take("sink DNS", "sink TCP", "sink TLS", sink_way_);
    if (!options_.send_event) {
      tell({.name = "test event", .took = {}, .finding = skipped("not asked for: --no-event")});
      return exit_code_;
    }
    step("test event", [this] { return send(Sending::first); });
    if (options_.repeat_event) {
      step("repeated event", [this] { return send(Sending::repeated); });
    }
    return exit_code_;
  }

 private:
  template <class Action>
  void step(std::string_view name, Action action) {
    if (!failed_.empty()) {
      return tell({.name = name, .took = {}, .finding = skipped(fmt::format("{} failed", failed_))});
    }
    const MonoTime start = clock_.now();
    VerifyStep done{.name = name, .took = {}, .finding = stop_.stop_requested() ? stopped_finding() : action()};
    done.took = clock_.now() - start;
    if (done.finding.outcome == StepOutcome::failed) {
      failed_ = name;
      exit_code_ = done.finding.invalid ? 2 : 1;
    }
    tell(done);
  }

  void tell(const VerifyStep& done) { on_step_(done); }

  void take(std::string_view dns, std::string_view tcp, std::string_view tls, const Way& way) {
    step(dns, [&] {
      const auto addresses = way.probe->resolve(way.timeout, stop_);
      return is_stop(addresses) ? stopped_finding() : judge_addresses(addresses, way.server);
    });
    step(tcp, [&] {
      const auto attempts = way.probe->connect(way.timeout, stop_);
      return attempts ? judge_connection(*attempts, way.server, proxy_variables()) : stopped_finding();
    });
    step(tls, [&] {
      if (!way.probe->endpoint().tls) {
        way.probe->close();
        Finding finding = skipped("not used: plain http");
        finding.warnings.push_back(fmt::format("what goes to {} can be read and changed on the way: use https:// in {}",
                                               way.server.what, way.server.url_key));
        return finding;
      }
      const auto report = way.probe->handshake(way.timeout, stop_);
      way.probe->close();
      return is_stop(report) ? stopped_finding() : judge_tls(report, way.server);
    });
  }

  template <class T>
  static bool is_stop(const Result<T>& result) {
    return !result && result.error().kind == ErrorKind::cancelled;
  }

  // Also makes everything that needs no connection, because it fails where the program fails at its start.
  Finding configuration() {
    Finding finding = judge_configuration(loaded_);
    if (finding.outcome == StepOutcome::failed) {
      return finding;
    }
    const auth::OidcOptions oidc = oidc_options(config_);
    auto client = auth::TokenClient::create({.url = oidc.token_url,
                                             .ca_file = oidc.ca_file,
                                             .insecure_skip_verify = oidc.insecure_skip_verify,
                                             .request_timeout = oidc.request_timeout});
    http::SinkOptions sink = sink_options(config_);
    sink.timeout = sink.timeout > Duration::zero() ? std::min(sink.timeout, kLongestStep) : kStepWithoutTimeout;
    auto post = Post::create(sink);
    if (!client || !post) {
      return invalid(client ? post.error() : client.error());
    }
    client_ = std::move(*client);
    post_ = std::move(*post);
    token_way_ = {.server = {.what = "the token endpoint",
                             .url_key = "exporter.oidc.token_url",
                             .ca_file_key = "exporter.oidc.ca_file",
                             .insecure_key = "exporter.oidc.insecure_skip_verify",
                             .host = {},
                             .ca_file = config_.oidc.ca_file,
                             .verified = !config_.oidc.insecure_skip_verify},
                  .probe = nullptr,
                  .timeout = oidc.request_timeout};
    sink_way_ = {.server = {.what = "the sink",
                            .url_key = "exporter.sink.endpoint",
                            .ca_file_key = "exporter.sink.ca_file",
                            .insecure_key = "exporter.sink.insecure_skip_verify",
                            .host = {},
                            .ca_file = config_.sink.ca_file,
                            .verified = !config_.sink.insecure_skip_verify},
                 .probe = nullptr,
                 .timeout = sink.timeout};
    for (const auto& [way, url] :
         {std::pair(&token_way_, &config_.oidc.token_url), std::pair(&sink_way_, &config_.sink.endpoint)}) {
      auto probe = http::Probe::create({.url = *url,
                                        .url_key = way->server.url_key,
                                        .ca_file = std::string(way->server.ca_file),
                                        .ca_file_key = way->server.ca_file_key,
                                        .verify = way->server.verified});
      if (!probe) {
        return invalid(probe.error());
      }
      way->probe = std::move(*probe);
      way->server.host = way->probe->endpoint().host;
    }
    return finding;
  }

  Finding client_secret() {
    auto secret = auth::read_secret(config_.oidc_secret_path);
    if (!secret) {
      return invalid(secret.error());
    }
    secret_ = std::move(*secret);
    Finding finding;
    finding.seen = fmt::format("{} holds one", config_.oidc_secret_path);
    finding.facts = {{"file", config_.oidc_secret_path}};
    return finding;
  }

  Finding fetch() {
    const auth::OidcOptions oidc = oidc_options(config_);
    auto token = auth::fetch_token(
        *client_,
        {.client_auth = oidc.client_auth, .client_id = oidc.client_id, .client_secret = secret_, .scope = oidc.scope},
        stop_);
    if (!token) {
      return token.error().stopped ? stopped_finding() : judge_token_failure(token.error());
    }
    token_ = std::move(token->access_token);
    token->access_token = token_;
    return judge_token(*token, config_.oidc.scope, secret_);
  }

  Finding send(Sending sending) {
    if (event_.body.empty()) {
      event_ = make_verify_event(config_, clock_.wall_now());
    }
    const event::Answer answer = post_->send({.ticket = {}, .body = event_.body, .bearer_token = token_}, stop_);
    if (answer.failure == event::TransportFailure::closed) {
      return stopped_finding();
    }
    Finding finding = judge_answer(answer, sending, clock_.wall_now(), sink_way_.timeout);
    finding.seen = fmt::format("id {}: {}", event_.id, finding.seen);
    finding.facts.emplace_back("id", event_.id);
    return finding;
  }

  const config::Loaded& loaded_;
  const config::Config& config_;
  const VerifyOptions options_;
  const Clock& clock_;
  const std::stop_token& stop_;
  const std::function<void(const VerifyStep&)>& on_step_;

  int exit_code_ = 0;
  std::string_view failed_;  // the first step that did
  std::unique_ptr<auth::TokenClient> client_;
  std::unique_ptr<Post> post_;
  Way token_way_;
  Way sink_way_;
  std::string secret_;
  std::string token_;
  VerifyEvent event_;
};

}  // namespace

int verify_sink(const config::Loaded& loaded, const VerifyOptions& options, const Clock& clock,
                const std::stop_token& stop, const std::function<void(const VerifyStep&)>& on_step) {
  return Verification(loaded, options, clock, stop, on_step).run();
}

}  // namespace exporter::app
