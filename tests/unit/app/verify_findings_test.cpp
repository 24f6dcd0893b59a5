#include "app/verify_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter::app {
namespace {

using namespace std::chrono_literals;
using event::Answer;
using event::TransportFailure;
using http::CertificateFault;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr Server kSink{.what = "the sink",
                       .url_key = "exporter.sink.endpoint",
                       .ca_file_key = "exporter.sink.ca_file",
                       .insecure_key = "exporter.sink.insecure_skip_verify",
                       .host = "events.example.com",
                       .ca_file = {},
                       .verified = true};

http::TlsReport report_with(CertificateFault fault) {
  return {.protocol = "TLSv1.3",
          .subject = "CN=server",
          .issuer = "CN=ca",
          .names = "DNS:other.example",
          .valid_until = "2027-01-02T03:04:05Z",
          .seconds_left = 41 * 86400 + 5,
          .fault = fault,
          .fault_text = fault == CertificateFault::none ? "" : "OpenSSL's words"};
}

Answer answer_with(int status) {
  Answer answer;
  answer.status = status;
  answer.latency = 12ms;
  return answer;
}

Answer failure_of(TransportFailure failure) {
  Answer answer;
  answer.failure = failure;
  answer.excerpt = "the transport's words";
  return answer;
}

Finding first(const Answer& answer) { return judge_answer(answer, Sending::first, WallTime{}, 30s); }

TEST(VerifyFindings, AConfigurationWithErrorsNamesAllOfThem) {
  config::Loaded loaded;
  loaded.config.config_path = "c.toml";
  loaded.problems = {
      {.severity = config::Severity::error,
       .file = "c.toml",
       .line = 3,
       .key = "k",
       .message = "bad",
       .remedy = "mend it"},
      {.severity = config::Severity::warning, .file = "c.toml", .line = 4, .key = "l", .message = "odd", .remedy = ""}};
  const Finding finding = judge_configuration(loaded);
  EXPECT_EQ(finding.outcome, StepOutcome::failed);
  EXPECT_TRUE(finding.invalid);
  EXPECT_THAT(finding.remedies, ElementsAre("c.toml:3: k: bad; mend it"));
  EXPECT_THAT(finding.warnings, ElementsAre(HasSubstr("c.toml:4")));
}

TEST(VerifyFindings, ASinkThatMayHangForEverIsWarnedOf) {
  config::Loaded loaded;
  EXPECT_THAT(judge_configuration(loaded).warnings, IsEmpty());
  loaded.config.sink.timeout = 0s;
  EXPECT_THAT(judge_configuration(loaded).warnings, ElementsAre(HasSubstr("exporter.sink.timeout is 0")));
}

TEST(VerifyFindings, AddressesAreNamed) {
  const Finding finding = judge_addresses(std::vector<std::string>{"192.0.2.1", "2001:db8::1"}, kSink);
  EXPECT_EQ(finding.outcome, StepOutcome::ok);
  EXPECT_EQ(finding.seen, "events.example.com: 192.0.2.1, 2001:db8::1");
}

TEST(VerifyFindings, ANameWithoutAddressNamesTheKey) {
  const Finding finding = judge_addresses(fail(ErrorKind::transient, "resolving x: no"), kSink);
  EXPECT_EQ(finding.outcome, StepOutcome::failed);
  EXPECT_EQ(finding.seen, "resolving x: no");
  EXPECT_THAT(finding.remedies, ElementsAre(HasSubstr("exporter.sink.endpoint")));
}

TEST(VerifyFindings, EveryAddressThatWasTriedIsNamed) {
  const std::vector<http::ConnectAttempt> none = {{"192.0.2.1:443", "Connection refused"},
                                                  {"[2001:db8::1]:443", "no answer in 5.0 s"}};
  const Finding failure = judge_connection(none, kSink, {});
  EXPECT_EQ(failure.outcome, StepOutcome::failed);
  EXPECT_EQ(failure.seen, "192.0.2.1:443: Connection refused, [2001:db8::1]:443: no answer in 5.0 s");
  EXPECT_EQ(failure.remedies.size(), 1U);

  const std::vector<http::ConnectAttempt> second = {{"192.0.2.1:443", "Connection refused"}, {"[2001:db8::1]:443", ""}};
  const Finding success = judge_connection(second, kSink, {});
  EXPECT_EQ(success.outcome, StepOutcome::ok);
  EXPECT_EQ(success.seen, "connected to [2001:db8::1]:443");
  EXPECT_THAT(success.warnings, ElementsAre(HasSubstr("192.0.2.1:443: Connection refused")));
  EXPECT_THAT(success.facts, Contains(Pair("tried", "192.0.2.1:443, [2001:db8::1]:443")));
}

TEST(VerifyFindings, AProxyThatIsNotUsedIsNamedWhenTheDirectWayFails) {
  const std::vector<std::string> proxies = {"HTTPS_PROXY"};
  const std::vector<http::ConnectAttempt> refused = {{"192.0.2.1:443", "Connection refused"}};
  EXPECT_THAT(judge_connection(refused, kSink, proxies).remedies, Contains(HasSubstr("HTTPS_PROXY is set")));
  const std::vector<http::ConnectAttempt> good = {{"192.0.2.1:443", ""}};
  EXPECT_THAT(judge_connection(good, kSink, proxies).remedies, IsEmpty());
}

TEST(VerifyFindings, AGoodCertificateIsDescribed) {
  const Finding finding = judge_tls(report_with(CertificateFault::none), kSink);
  EXPECT_EQ(finding.outcome, StepOutcome::ok);
  EXPECT_EQ(finding.seen,
            "TLSv1.3; certificate of \"CN=server\" for DNS:other.example, issued by \"CN=ca\", valid until "
            "2027-01-02T03:04:05Z (41 days left)");
  EXPECT_THAT(finding.warnings, IsEmpty());
  http::TlsReport ending = report_with(CertificateFault::none);
  ending.seconds_left = 13 * 86400;
  EXPECT_THAT(judge_tls(ending, kSink).warnings, ElementsAre("the certificate ends within 14 days"));
}

TEST(VerifyFindings, EachFaultOfACertificateHasItsRemedy) {
  const auto remedy = [](CertificateFault fault, std::string_view ca_file = {}) {
    Server server = kSink;
    server.ca_file = ca_file;
    const Finding finding = judge_tls(report_with(fault), server);
    EXPECT_EQ(finding.outcome, StepOutcome::failed);
    EXPECT_THAT(finding.seen, HasSubstr("the certificate is refused: OpenSSL's words; TLSv1.3"));
    EXPECT_EQ(finding.remedies.size(), 1U);
    return finding.remedies.empty() ? std::string() : finding.remedies.front();
  };
  EXPECT_THAT(remedy(CertificateFault::unknown_authority), HasSubstr("in exporter.sink.ca_file"));
  EXPECT_THAT(remedy(CertificateFault::unknown_authority, "/ca.pem"), HasSubstr("exporter.sink.ca_file (/ca.pem) has"));
  EXPECT_THAT(remedy(CertificateFault::expired), HasSubstr("renew the certificate"));
  EXPECT_THAT(remedy(CertificateFault::not_yet_valid), HasSubstr("clocks"));
  EXPECT_THAT(remedy(CertificateFault::other_name), HasSubstr("exporter.sink.endpoint instead of events.example.com"));
  EXPECT_THAT(remedy(CertificateFault::other), HasSubstr("another certificate"));
}

TEST(VerifyFindings, WithoutVerificationItSaysWhetherTheCertificateWouldBeAccepted) {
  Server server = kSink;
  server.verified = false;
  const Finding bad = judge_tls(report_with(CertificateFault::unknown_authority), server);
  EXPECT_EQ(bad.outcome, StepOutcome::ok);
  EXPECT_THAT(bad.seen, HasSubstr("not verified"));
  EXPECT_THAT(bad.warnings, ElementsAre(HasSubstr("it would be refused: OpenSSL's words")));
  const Finding good = judge_tls(report_with(CertificateFault::none), server);
  EXPECT_THAT(good.warnings, ElementsAre(HasSubstr("it would be accepted")));
  EXPECT_THAT(good.facts, Contains(Pair("verified", "false")));
}

TEST(VerifyFindings, NoTlsNamesTheKey) {
  const Finding finding = judge_tls(fail(ErrorKind::transient, "the TLS handshake failed: x"), kSink);
  EXPECT_EQ(finding.outcome, StepOutcome::failed);
  EXPECT_EQ(finding.seen, "the TLS handshake failed: x");
  EXPECT_THAT(finding.remedies, ElementsAre(HasSubstr("exporter.sink.endpoint has to start with http://")));
}

TEST(VerifyFindings, OfATokenOnlyLifetimeAndScopeAreTold) {
  const Finding finding = judge_token({.access_token = "the-token-itself", .lifetime = 1h, .scope = "events:write"},
                                      "events:write", "the-client-secret");
  EXPECT_EQ(finding.seen, "a token that lasts 1h; scope \"events:write\"");
  EXPECT_THAT(finding.warnings, IsEmpty());
  EXPECT_THAT(finding.facts, ElementsAre(Pair("lifetimeSeconds", "3600"), Pair("scope", "events:write")));
  EXPECT_THAT(judge_token({.access_token = "t", .lifetime = {}, .scope = {}}, "", "s").seen,
              HasSubstr("is taken to last 5m: the answer does not say"));
}

TEST(VerifyFindings, AnAnswerThatPutsTokenOrSecretIntoTheScopeIsNotRepeated) {
  const Finding finding = judge_token(
      {.access_token = "the-token-itself", .lifetime = 1h, .scope = "the-token-itself and the-client-secret"}, "a",
      "the-client-secret");
  EXPECT_EQ(finding.seen, "a token that lasts 1h; scope \"[redacted] and [redacted]\"");
}

TEST(VerifyFindings, AScopeThatWasNotGrantedIsWarnedOf) {
  const auto warnings = [](std::string asked, std::string granted) {
    const Finding finding = judge_token(
        {.access_token = "token-of-the-sink", .lifetime = 1h, .scope = std::move(granted)}, asked, "the-client-secret");
    EXPECT_EQ(finding.outcome, StepOutcome::ok);
    return finding.warnings;
  };
  EXPECT_THAT(warnings("read  write", "write"),
              ElementsAre("exporter.oidc.scope asks for \"read\", which was not granted"));
  EXPECT_THAT(warnings("read write", "email write  read"), IsEmpty());
  EXPECT_THAT(warnings("read", ""), IsEmpty());  // not said: what was asked for (RFC 6749 section 5.1)
}

TEST(VerifyFindings, EachRefusalOfATokenHasItsRemedy) {
  const auto remedies = [](int status, std::string code) {
    const Finding finding = judge_token_failure(
        {.kind = auth::FetchFailure::refused, .status = status, .code = std::move(code), .message = "words"});
    EXPECT_EQ(finding.outcome, StepOutcome::failed);
    EXPECT_THAT(finding.seen, HasSubstr("words; without a token the exporter would send nothing"));
    return finding.remedies;
  };
  EXPECT_THAT(remedies(400, "invalid_scope"), ElementsAre(HasSubstr("exporter.oidc.scope")));
  EXPECT_THAT(remedies(401, ""), ElementsAre(HasSubstr("exporter.oidc.client_auth")));
  EXPECT_THAT(remedies(400, "invalid_client"), ElementsAre(HasSubstr("exporter.oidc.client_auth")));
  EXPECT_THAT(remedies(404, ""), ElementsAre(HasSubstr("exporter.oidc.token_url")));
  EXPECT_THAT(remedies(302, ""), ElementsAre(HasSubstr("exporter.oidc.token_url")));
  EXPECT_THAT(remedies(200, ""), ElementsAre(HasSubstr("not a page")));
  EXPECT_THAT(remedies(500, ""), ElementsAre(HasSubstr("log of the token endpoint")));
  EXPECT_THAT(remedies(0, ""), IsEmpty());
}

TEST(VerifyFindings, OnlyWhatTheExporterAcceptsIsOk) {
  for (const int status : {200, 201, 202, 204, 409}) {
    const Finding finding = first(answer_with(status));
    EXPECT_EQ(finding.outcome, StepOutcome::ok) << status;
    EXPECT_THAT(finding.seen, HasSubstr("the exporter would be done with the event"));
  }
  for (const int status : {101, 301, 302, 400, 401, 403, 404, 405, 407, 408, 410, 413,
                           415, 421, 422, 425, 426, 429, 431, 500, 502, 503, 504}) {
    const Finding finding = first(answer_with(status));
    EXPECT_EQ(finding.outcome, StepOutcome::failed) << status;
    EXPECT_THAT(finding.remedies, Not(IsEmpty())) << status;
  }
}

TEST(VerifyFindings, EachVerdictSaysWhatTheExporterWouldDo) {
  EXPECT_THAT(first(answer_with(401)).seen, HasSubstr("the exporter would fetch a new token"));
  EXPECT_THAT(first(answer_with(422)).seen, HasSubstr("the exporter would set the event aside as a dead letter"));
  EXPECT_THAT(first(answer_with(404)).seen, HasSubstr("a fault of the set-up"));
  EXPECT_EQ(first(answer_with(503)).seen,
            "status 503 after 12 ms: the sink is failing; the exporter would wait and send the event again");
  EXPECT_THAT(first(answer_with(302)).remedies, ElementsAre(HasSubstr("redirects are never followed")));
}

TEST(VerifyFindings, TheSinksOwnWordsAndWaitsAreTold) {
  Answer answer = answer_with(429);
  answer.retry_after = "30";
  answer.excerpt = "slow down";
  EXPECT_THAT(first(answer).seen,
              HasSubstr("again, after 30s at the earliest, as the sink asks; the answer begins: slow down"));
}

TEST(VerifyFindings, NoAnswerSaysWhy) {
  const Finding timeout = first(failure_of(TransportFailure::timeout));
  EXPECT_EQ(timeout.outcome, StepOutcome::failed);
  EXPECT_EQ(timeout.seen, "no answer: the transport's words; the exporter would wait and send the event again");
  EXPECT_THAT(timeout.remedies, ElementsAre(HasSubstr("exporter.sink.timeout (30s)")));
  EXPECT_THAT(timeout.facts, Contains(Pair("failure", "timeout")));
  EXPECT_THAT(first(failure_of(TransportFailure::tls)).remedies, ElementsAre(HasSubstr("client certificate")));
}

TEST(VerifyFindings, ASinkThatKnowsAnIdBeforeItsTimeIsWarnedOf) {
  EXPECT_THAT(first(answer_with(409)).warnings, ElementsAre(HasSubstr("this id was never sent before")));
  const Finding repeated = judge_answer(answer_with(409), Sending::repeated, WallTime{}, 30s);
  EXPECT_EQ(repeated.outcome, StepOutcome::ok);
  EXPECT_THAT(repeated.warnings, IsEmpty());
  EXPECT_THAT(judge_answer(answer_with(202), Sending::repeated, WallTime{}, 30s).seen,
              HasSubstr("whether it was stored once only the sink can tell"));
}

}  // namespace
}  // namespace exporter::app
