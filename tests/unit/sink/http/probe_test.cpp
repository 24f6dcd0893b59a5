#include "sink/http/probe.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stop_token>

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "support/loopback_server.h"

namespace exporter::http {
namespace {

using test::Identity;
using test::LoopbackServer;
using test::ReceivedRequest;
using test::ScriptedReply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kPatience = std::chrono::seconds(60);

class ProbeTest : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(ca_file_) << authority_.certificate_pem(); }
  void TearDown() override { std::filesystem::remove(ca_file_); }

  LoopbackServer& serve(const Identity& identity, int max_version = 0) {
    server_.emplace([](const ReceivedRequest&) { return ScriptedReply{}; },
                    LoopbackServer::Options{identity, max_version});
    return *server_;
  }

  static std::unique_ptr<Probe> probe(ProbeOptions options) {
    options.url_key = "the.url";
    options.ca_file_key = "the.ca_file";
    auto made = Probe::create(options);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  // All three steps; what the last one says.
  Result<TlsReport> shake(const std::string& host, bool trusting = true) {
    const auto way = probe({.url = server_->url(host), .ca_file = trusting ? ca_file_ : ""});
    EXPECT_TRUE(way->resolve(kPatience, {}));
    const auto attempts = way->connect(kPatience, {});
    EXPECT_TRUE(attempts && !attempts->empty() && attempts->back().problem.empty());
    return way->handshake(kPatience, {});
  }

  test::TestAuthority authority_;
  std::string ca_file_ = testing::TempDir() + "probe_ca_" + std::to_string(::getpid()) + ".pem";
  std::optional<LoopbackServer> server_;
};

TEST_F(ProbeTest, DescribesAGoodCertificateAndSendsNothing) {
  serve(authority_.issue({.names = {"DNS:localhost", "IP:127.0.0.1"}, .valid_to_days = 30}));
  const auto report = shake("localhost");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->protocol, "TLSv1.3");
  EXPECT_EQ(report->names, "DNS:localhost, IP:127.0.0.1");
  EXPECT_THAT(report->subject, HasSubstr("CN="));
  EXPECT_THAT(report->issuer, HasSubstr("CN="));
  EXPECT_GT(report->seconds_left, 29 * 86400);
  EXPECT_LE(report->seconds_left, 30 * 86400);
  EXPECT_EQ(report->valid_until.size(), std::string_view("2026-01-02T03:04:05Z").size());
  EXPECT_EQ(report->fault, CertificateFault::none);
  EXPECT_EQ(report->fault_text, "");
  EXPECT_THAT(server_->requests(), IsEmpty());
}

TEST_F(ProbeTest, ACertificateThatIsNoGoodIsDescribedWithItsFault) {
  serve(authority_.issue({.names = {"DNS:elsewhere.example"}}));
  auto report = shake("localhost");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->fault, CertificateFault::other_name);
  EXPECT_EQ(report->fault_text, "hostname mismatch");
  EXPECT_EQ(report->names, "DNS:elsewhere.example");
  EXPECT_EQ(shake("127.0.0.1").value_or(TlsReport{}).fault, CertificateFault::other_name);
  EXPECT_EQ(shake("localhost", false).value_or(TlsReport{}).fault, CertificateFault::unknown_authority);

  serve(authority_.issue({.names = {"DNS:localhost"}, .valid_from_days = -3, .valid_to_days = -1}));
  report = shake("localhost");
  EXPECT_EQ(report.value_or(TlsReport{}).fault, CertificateFault::expired);
  EXPECT_LT(report.value_or(TlsReport{}).seconds_left, 0);

  serve(authority_.issue({.names = {"DNS:localhost"}, .valid_from_days = 1, .valid_to_days = 3}));
  EXPECT_EQ(shake("localhost").value_or(TlsReport{}).fault, CertificateFault::not_yet_valid);

  serve(test::self_signed({.names = {"DNS:localhost"}}));
  EXPECT_EQ(shake("localhost").value_or(TlsReport{}).fault, CertificateFault::unknown_authority);
}

TEST_F(ProbeTest, NamesAreCutToTheFirstFew) {
  serve(authority_.issue({.names = {"DNS:localhost", "DNS:b", "DNS:c", "DNS:d", "DNS:e", "DNS:f", "DNS:g"}}));
  EXPECT_EQ(shake("localhost").value_or(TlsReport{}).names, "DNS:localhost, DNS:b, DNS:c, DNS:d, DNS:e and 2 more");
}

TEST_F(ProbeTest, TellsTheProtocolAndRefusesAnOldOne) {
  serve(authority_.issue({.names = {"DNS:localhost"}}), TLS1_2_VERSION);
  EXPECT_EQ(shake("localhost").value_or(TlsReport{}).protocol, "TLSv1.2");
  serve(authority_.issue({.names = {"DNS:localhost"}}), TLS1_1_VERSION);
  const auto report = shake("localhost");
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("the TLS handshake failed"));
}

TEST_F(ProbeTest, EveryAddressOfANameIsTried) {
  const auto way = probe({.url = "http://localhost:" + std::to_string(test::refused_port()) + "/"});
  EXPECT_THAT(way->resolve(kPatience, {}).value_or(std::vector<std::string>{}), ElementsAre("127.0.0.1", "::1"));
  const auto attempts = way->connect(kPatience, {});
  ASSERT_TRUE(attempts);
  ASSERT_EQ(attempts->size(), 2U);
  EXPECT_THAT(attempts->front().address, HasSubstr("127.0.0.1:"));
  EXPECT_EQ(attempts->front().problem, "Connection refused");
  EXPECT_THAT(attempts->back().address, HasSubstr("[::1]:"));
  EXPECT_NE(attempts->back().problem, "");
}

TEST_F(ProbeTest, AStopEndsAWait) {
  // It reads a request's head, and a TLS hello holds no empty line.
  LoopbackServer plain([](const ReceivedRequest&) { return ScriptedReply{}; });
  const auto way = probe({.url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/"});
  ASSERT_TRUE(way->resolve(kPatience, {}));
  ASSERT_TRUE(way->connect(kPatience, {}));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto report = way->handshake(kPatience, stop.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::cancelled);
}

TEST_F(ProbeTest, AServerThatIsSilentIsGivenUpAndTheWayIsShown) {
  LoopbackServer plain([](const ReceivedRequest&) { return ScriptedReply{}; });
  const auto way = probe({.url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/"});
  ASSERT_TRUE(way->resolve(kPatience, {}));
  ASSERT_TRUE(way->connect(kPatience, {}));
  const auto report = way->handshake(std::chrono::milliseconds(50), {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("does the server speak TLS on this port?"));
}

TEST_F(ProbeTest, ACaFileThatIsNoGoodIsAnErrorOnlyWhereItIsUsed) {
  const ProbeOptions options{.url = "https://localhost/",
                             .url_key = "the.url",
                             .ca_file = "/nonexistent/ca.pem",
                             .ca_file_key = "the.ca_file"};
  const auto refused = Probe::create(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("the.ca_file /nonexistent/ca.pem: No such file"));
  ProbeOptions lax = options;
  lax.verify = false;
  EXPECT_TRUE(Probe::create(lax));
  ProbeOptions plain = options;
  plain.url = "http://localhost/";
  EXPECT_TRUE(Probe::create(plain));
}

TEST_F(ProbeTest, AUrlWithoutAHostIsRefusedUnderItsKey) {
  const auto refused = Probe::create({.url = "ftp://x", .url_key = "the.url"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the.url is not"));
}

}  // namespace
}  // namespace exporter::http
