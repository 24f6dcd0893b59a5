#include "sink/http/http_sink.h"

#include <gmock/gmock.h>

#include "unit/sink/http/sink_harness.h"

namespace exporter::http {
namespace {

using event::TransportFailure;
using test::LoopbackServer;
using test::ReceivedRequest;
using test::ScriptedReply;
using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;
using Then = ScriptedReply::Then;

LoopbackServer::Script always(std::string bytes, Then then = Then::keep) {
  return [reply = ScriptedReply{std::move(bytes), then}](const ReceivedRequest&) { return reply; };
}

TEST(HttpSink, SendsOneRequestAndReportsWhatTheServerSaid) {
  LoopbackServer server(always("HTTP/1.1 429 Slow down\r\nRetry-After: 3\r\nContent-Length: 9\r\n\r\nnot\nt0ken"));
  SinkHarness harness(options_for(server.url() + "?a=b"));
  const auto answer = harness.exchange(R"({"id":"1"})", "t0ken");
  EXPECT_EQ(answer.ticket, (event::Ticket{.slot = 0, .generation = 7}));
  EXPECT_EQ(answer.failure, TransportFailure::none);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.retry_after, "3");
  EXPECT_EQ(answer.excerpt, "not [redacted]");
  EXPECT_GT(answer.latency, Duration::zero());
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(server.requests()[0].head, testing::StartsWith("POST /events?a=b HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server.requests()[0].head, HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"));
  EXPECT_EQ(server.requests()[0].body, R"({"id":"1"})");
}

TEST(HttpSink, ReusesOneConnectionThoughAnswersHaveBodies) {
  for (const std::string& reply : {"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}"s,
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"s,
                                   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"s,
                                   "HTTP/1.1 500 x\r\nContent-Length: 50000\r\n\r\n"s + std::string(50000, 'x')}) {
    LoopbackServer server(always(reply));
    SinkHarness harness(options_for(server.url()));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(harness.exchange().failure, TransportFailure::none);
    }
    EXPECT_EQ(server.connections_accepted(), 1) << reply.substr(0, 60);
  }
}

TEST(HttpSink, KeepsToItsConnectionsAndQueuesTheRest) {
  LoopbackServer server(always(kAccepted));
  auto options = options_for(server.url());
  options.max_connections = 4;
  SinkHarness harness(options);
  for (int i = 0; i < 200; ++i) {
    harness.send();
  }
  harness.run();
  for (const auto& answer : harness.answers) {
    EXPECT_EQ(answer.status, 202);
  }
  EXPECT_EQ(server.connections_accepted(), 4);
}

TEST(HttpSink, ReadsAnAnswerThatEndsWithTheConnection) {
  LoopbackServer server(always("HTTP/1.0 400 Bad\r\n\r\nwhy", Then::close));
  SinkHarness harness(options_for(server.url()));
  for (int i = 0; i < 3; ++i) {
    const auto answer = harness.exchange();
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.excerpt, "why");
  }
}

TEST(HttpSink, DeliversALargeBody) {
  LoopbackServer server(always(kAccepted));
  SinkHarness harness(options_for(server.url()));
  const std::string body(1 << 20, 'x');
  EXPECT_EQ(harness.exchange(body).status, 202);
  EXPECT_EQ(harness.exchange("{}").status, 202);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[0].body, body);
  EXPECT_EQ(server.connections_accepted(), 1);
}

TEST(HttpSink, ReportsTheStatusOfAnAnswerThatIsTooLargeAndDropsTheConnection) {
  const auto large = "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + std::string(1 << 20, 'x');
  LoopbackServer server(always(large));
  SinkHarness harness(options_for(server.url()));
  EXPECT_EQ(harness.exchange().status, 200);
  EXPECT_EQ(harness.exchange().status, 200);
  EXPECT_EQ(server.connections_accepted(), 2);
}

TEST(HttpSink, NeverFollowsARedirect) {
  LoopbackServer server(always("HTTP/1.1 307 x\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  SinkHarness harness(options_for(server.url()));
  EXPECT_EQ(harness.exchange().status, 307);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(HttpSink, CallsWhatIsNotHttpByItsName) {
  for (const std::string& reply : {"SSH-2.0-OpenSSH_9.2\r\n"s, "HTTP/1.1 200 OK\r\nX: "s + std::string(20000, 'x')}) {
    LoopbackServer server(always(reply, Then::hang));
    SinkHarness harness(options_for(server.url()));
    const auto answer = harness.exchange();
    EXPECT_EQ(answer.failure, TransportFailure::protocol);
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.excerpt, HasSubstr("is not HTTP/1.1 as we read it"));
  }
}

TEST(HttpSink, ReportsAConnectionThatEndsInsideTheAnswer) {
  for (const auto then : {Then::close, Then::reset}) {
    LoopbackServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then));
    SinkHarness harness(options_for(server.url()));
    EXPECT_EQ(harness.exchange().failure, TransportFailure::reset);
    EXPECT_EQ(server.requests().size(), 1U) << "not to be repeated: an answer had begun";
  }
}

TEST(HttpSink, ReportsAFreshConnectionThatEndsBeforeTheAnswer) {
  for (const auto then : {Then::close, Then::reset}) {
    LoopbackServer server(always("", then));
    SinkHarness harness(options_for(server.url()));
    EXPECT_EQ(harness.exchange().failure, TransportFailure::reset);
    EXPECT_EQ(server.requests().size(), 1U);
  }
}

TEST(HttpSink, RepeatsOnceWhenAReusedConnectionTurnsOutDead) {
  for (const auto then : {Then::close, Then::reset}) {
    LoopbackServer server([then](const ReceivedRequest& request) {
      return request.index == 0 ? ScriptedReply{kAccepted} : ScriptedReply{"", then};
    });
    SinkHarness harness(options_for(server.url()));
    EXPECT_EQ(harness.exchange("first").status, 202);
    EXPECT_EQ(harness.exchange("second").status, 202);
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[1].body, "second");
    EXPECT_EQ(requests[2].body, "second");
    EXPECT_EQ(requests[2].connection, 1);
  }
}

TEST(HttpSink, RepeatsOnlyOnce) {
  LoopbackServer server([](const ReceivedRequest& request) {
    return request.connection == 0 && request.index == 0 ? ScriptedReply{kAccepted} : ScriptedReply{"", Then::close};
  });
  SinkHarness harness(options_for(server.url()));
  EXPECT_EQ(harness.exchange().status, 202);
  EXPECT_EQ(harness.exchange().failure, TransportFailure::reset);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(HttpSink, DoesNotTakeAFarewellForAnAnswer) {
  // The second message comes in the same breath as the first answer, before any second request.
  LoopbackServer server(always(kAccepted + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", Then::hang));
  SinkHarness harness(options_for(server.url()));
  EXPECT_EQ(harness.exchange().status, 202);
  EXPECT_EQ(harness.exchange().status, 202);
  EXPECT_EQ(server.connections_accepted(), 2);
}

TEST(HttpSink, GivesUpOnASlowServer) {
  for (const std::string& reply : {""s, "HTTP/1.1 200 OK\r\n"s, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"s}) {
    LoopbackServer server(always(reply, Then::hang));
    auto options = options_for(server.url());
    options.timeout = std::chrono::milliseconds(100);
    options.max_connections = 2;
    SinkHarness harness(options);
    for (int i = 0; i < 5; ++i) {
      harness.send();  // three of them in the queue
    }
    harness.run();
    for (const auto& answer : harness.answers) {
      EXPECT_EQ(answer.failure, TransportFailure::timeout);
      EXPECT_GE(answer.latency, options.timeout);
    }
    EXPECT_THAT(harness.answers.front().excerpt,
                HasSubstr(reply.empty() ? "waiting for the answer" : "reading the answer"));
  }
}

TEST(HttpSink, TellsRefusedAndUnresolvedApart) {
  SinkHarness refused(options_for("http://127.0.0.1:" + std::to_string(test::refused_port()) + "/"));
  const auto answer = refused.exchange();
  EXPECT_EQ(answer.failure, TransportFailure::connect);
  EXPECT_THAT(answer.excerpt, HasSubstr("Connection refused"));

  auto options = options_for("http://nonexistent.invalid/secret-path");
  options.max_connections = 8;
  SinkHarness unresolved(options);
  for (int i = 0; i < 20; ++i) {
    unresolved.send();
  }
  unresolved.run();
  for (const auto& each : unresolved.answers) {
    EXPECT_EQ(each.failure, TransportFailure::resolve);
    EXPECT_THAT(each.excerpt, HasSubstr("resolving nonexistent.invalid"));
    EXPECT_THAT(each.excerpt, Not(HasSubstr("secret-path")));
  }
}

// The short form is no address to us, but it is one to the C library: a look-up that needs no name server.
TEST(HttpSink, ResolvesNames) {
  LoopbackServer server(always(kAccepted));
  SinkHarness harness(options_for(server.url("127.1")));
  EXPECT_EQ(harness.exchange().status, 202);
}

TEST(HttpSink, KnowsLocalhostWithoutALookUp) {
  LoopbackServer server(always(kAccepted));
  for (const char* host : {"localhost", "LOCALHOST", "sink.localhost"}) {
    SinkHarness harness(options_for(server.url(host)));
    EXPECT_EQ(harness.exchange().status, 202) << host;
  }
}

TEST(HttpSink, RefusesATokenThatWouldStartAnotherHeader) {
  LoopbackServer server(always(kAccepted));
  SinkHarness harness(options_for(server.url()));
  const auto answer = harness.exchange("{}", "t0ken\r\nEvil: yes");
  EXPECT_EQ(answer.failure, TransportFailure::protocol);
  EXPECT_EQ(answer.excerpt, "not sent: the bearer token has a character that a header cannot carry");
  EXPECT_EQ(server.connections_accepted(), 0);
}

TEST(HttpSink, CloseAnswersEverythingInFlightAndWhatComesLater) {
  LoopbackServer server(always("HTTP/1.1 200 OK\r\n", Then::hang));
  auto options = options_for(server.url());
  options.max_connections = 50;
  SinkHarness harness(options);
  for (int i = 0; i < 100; ++i) {
    harness.send();
  }
  harness.reactor().post([&] { harness.sink().close(); });
  harness.run();
  harness.send();
  harness.run();
  for (const auto& answer : harness.answers) {
    EXPECT_EQ(answer.failure, TransportFailure::closed);
  }
}

TEST(HttpSink, MayBeDestroyedWithWorkInFlight) {
  LoopbackServer server(always("", Then::hang));
  AsioReactor reactor;
  auto sink = make_http_sink(reactor, options_for(server.url("localhost")));
  ASSERT_TRUE(sink);
  (*sink)->on_answer([](const event::Answer&) { ADD_FAILURE() << "answered after its end"; });
  (*sink)->send({.ticket = {}, .body = "{}", .bearer_token = "t"});
  (*sink)->send({.ticket = {}, .body = "{}", .bearer_token = "bad token"});
  sink->reset();
  reactor.post([&] { reactor.stop(); });
  reactor.run();
}

TEST(HttpSink, NamesTheKeyOfABadOption) {
  AsioReactor reactor;
  const auto refused = make_http_sink(reactor, options_for("sink.example.com"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("sink.endpoint"));
}

}  // namespace
}  // namespace exporter::http
