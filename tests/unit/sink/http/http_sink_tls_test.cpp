#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "unit/sink/http/sink_harness.h"

namespace exporter::http {
namespace {

using event::TransportFailure;
using test::Identity;
using test::LoopbackServer;
using test::ReceivedRequest;
using test::ScriptedReply;
using testing::HasSubstr;

class HttpSinkTls : public testing::Test {
 protected:
  void SetUp() override { write(ca_file_, authority_.certificate_pem()); }
  void TearDown() override { std::filesystem::remove(ca_file_); }

  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  LoopbackServer& serve(const Identity& identity, int max_version = 0) {
    server_.emplace([](const ReceivedRequest&) { return ScriptedReply{kAccepted}; },
                    LoopbackServer::Options{identity, max_version});
    return *server_;
  }

  // One event to `host`, trusting the test's own authority.
  event::Answer exchange(const std::string& host) {
    auto options = options_for(server_->url(host));
    options.ca_file = ca_file_;
    return SinkHarness(options).exchange();
  }

  void expect_refused(const event::Answer& answer, const std::string& reason) {
    EXPECT_EQ(answer.failure, TransportFailure::tls);
    EXPECT_THAT(answer.excerpt, HasSubstr(reason));
    EXPECT_TRUE(server_->requests().empty()) << "the token was sent to somebody unverified";
  }

  test::TestAuthority authority_;
  std::string ca_file_ = testing::TempDir() + "sink_http_ca_" + std::to_string(::getpid()) + ".pem";
  std::optional<LoopbackServer> server_;
};

TEST_F(HttpSinkTls, DeliversToAVerifiedNameOrAddressAndReusesTheConnection) {
  serve(authority_.issue({.names = {"DNS:localhost", "IP:127.0.0.1"}}));
  EXPECT_EQ(exchange("127.0.0.1").status, 202);
  auto options = options_for(server_->url("localhost"));
  options.ca_file = ca_file_;
  SinkHarness harness(options);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(harness.exchange(std::string(100'000, 'x')).status, 202);
  }
  EXPECT_EQ(server_->connections_accepted(), 2);
}

TEST_F(HttpSinkTls, RefusesACertificateForAnotherHost) {
  serve(authority_.issue({.names = {"DNS:elsewhere.example"}}));
  expect_refused(exchange("localhost"), "the server's certificate was refused: hostname mismatch");
  expect_refused(exchange("127.0.0.1"), "the server's certificate was refused: IP address mismatch");
}

TEST_F(HttpSinkTls, RefusesASelfSignedCertificate) {
  serve(test::self_signed({.names = {"DNS:localhost"}}));
  expect_refused(exchange("localhost"), "self-signed certificate");
}

TEST_F(HttpSinkTls, RefusesAnExpiredCertificate) {
  serve(authority_.issue({.names = {"DNS:localhost"}, .valid_from_days = -3, .valid_to_days = -1}));
  expect_refused(exchange("localhost"), "certificate has expired");
}

TEST_F(HttpSinkTls, RefusesAnAuthorityThatTheSystemDoesNotKnow) {
  serve(authority_.issue({.names = {"DNS:localhost"}}));
  expect_refused(SinkHarness(options_for(server_->url("localhost"))).exchange(),
                 "unable to get local issuer certificate");
}

TEST_F(HttpSinkTls, HonoursTheSystemsOwnVariableForRoots) {
  serve(authority_.issue({.names = {"DNS:localhost"}}));
  ::setenv("SSL_CERT_FILE", ca_file_.c_str(), 1);
  EXPECT_EQ(SinkHarness(options_for(server_->url("localhost"))).exchange().status, 202);
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(HttpSinkTls, AcceptsAnythingWhenToldNotToVerify) {
  serve(test::self_signed({.names = {"DNS:elsewhere.example"}, .valid_from_days = -3, .valid_to_days = -1}));
  auto options = options_for(server_->url("localhost"));
  options.insecure_skip_verify = true;
  EXPECT_EQ(SinkHarness(options).exchange().status, 202);
}

TEST_F(HttpSinkTls, RefusesTls11) {
  serve(authority_.issue({.names = {"DNS:localhost"}}), TLS1_1_VERSION);
  expect_refused(exchange("localhost"), "TLS handshake with localhost");
}

TEST_F(HttpSinkTls, SpeaksTls12) {
  serve(authority_.issue({.names = {"DNS:localhost"}}), TLS1_2_VERSION);
  EXPECT_EQ(exchange("localhost").status, 202);
}

TEST_F(HttpSinkTls, SaysWhenTheServerSpeaksPlainHttp) {
  LoopbackServer plain([](const ReceivedRequest&) { return ScriptedReply{kAccepted}; });
  auto options = options_for("https://127.0.0.1:" + std::to_string(plain.port()) + "/");
  // It waits for an empty line that a TLS hello seldom holds.
  options.timeout = std::chrono::milliseconds(200);
  const auto answer = SinkHarness(options).exchange();
  EXPECT_EQ(answer.failure, TransportFailure::timeout);
  EXPECT_THAT(answer.excerpt, HasSubstr("the TLS handshake"));
}

TEST_F(HttpSinkTls, CloseDuringHandshakesAnswersAll) {
  serve(authority_.issue({.names = {"DNS:localhost"}}));
  auto options = options_for(server_->url("localhost"));
  options.ca_file = ca_file_;
  options.max_connections = 20;
  SinkHarness harness(options);
  for (int i = 0; i < 40; ++i) {
    harness.send();
  }
  harness.reactor().post([&] { harness.reactor().post([&] { harness.sink().close(); }); });
  harness.run();
  EXPECT_EQ(harness.answers.size(), 40U);
}

TEST_F(HttpSinkTls, NamesTheKeyOfABadCaFile) {
  AsioReactor reactor;
  auto options = options_for("https://localhost/");
  options.ca_file = "/nonexistent/ca.pem";
  auto refused = make_http_sink(reactor, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error(),
      (Error{ErrorKind::invalid,
             "sink.ca_file /nonexistent/ca.pem: No such file or directory; give the path of a readable PEM bundle"}));
  write(ca_file_, "not a certificate");
  options.ca_file = ca_file_;
  refused = make_http_sink(reactor, options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("holds no certificate that can be read"));
}

}  // namespace
}  // namespace exporter::http
