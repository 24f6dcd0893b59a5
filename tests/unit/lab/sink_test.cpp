// The sink's answers, without a socket.
#include <string>

#include <gtest/gtest.h>

#include "lab/sink.h"
#include "unit/lab/test_clock.h"

namespace exporter::lab {
namespace {

using namespace std::chrono_literals;

std::string event(const std::string& id, const std::string& node, int sequence) {
  return R"({"specversion":"1.0","type":"t","source":"s","id":")" + id + R"(","data":{"healthEvent":{"nodeName":")" +
         node + R"(","metadata":{"seq":")" + std::to_string(sequence) + R"(","madeNs":"1788955200000000000"}}}})";
}

class SinkTest : public testing::Test {
 protected:
  HttpAnswer send(std::string_view method, std::string_view target, std::string body = {},
                  std::string_view content_type = "application/cloudevents+json", std::string authorization = {}) {
    body.append(kBodyPadding, ' ');
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = std::string_view(body).substr(0, body.size() - kBodyPadding);
    request.content_type = content_type;
    request.authorization = authorization;
    HttpAnswer answer;
    sink.handle(request, 1, answer);
    return answer;
  }
  std::string token() {
    const std::string body =
        send("POST", "/token", "grant_type=client_credentials", "application/x-www-form-urlencoded").body;
    return "Bearer " + body.substr(17, body.find('"', 17) - 17);
  }
  HttpAnswer post(const std::string& body, const std::string& authorization) {
    return send("POST", "/events", body, "application/cloudevents+json", authorization);
  }

  TestClock clock;
  SinkOptions options;
  Sink sink{options, clock};
};

constexpr const char* kId = "15acf563-572e-40ab-a714-f3b2f9d7f4e0";

TEST_F(SinkTest, AcceptsAnEventAndShowsIt) {
  const HttpAnswer answer = post(event(kId, "node", 1), token());
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"status":"accepted"})");
  EXPECT_EQ(send("GET", "/events/last").body, event(kId, "node", 1));
  EXPECT_EQ(send("GET", "/events/list").body, R"({"count":1,"events":[)" + event(kId, "node", 1) + "]}");
  EXPECT_EQ(send("GET", "/audit/ids").body, std::string(kId) + " 1\n");
}

TEST_F(SinkTest, KeepsTheLastHundredEventsInOrder) {
  const std::string bearer = token();
  for (int number = 0; number < 150; ++number) {
    post(event(std::to_string(number), "node", number), bearer);
  }
  const std::string list = send("GET", "/events/list").body;
  EXPECT_TRUE(list.starts_with(R"({"count":150,"events":[)" + event("50", "node", 50) + ","));
  EXPECT_TRUE(list.ends_with("," + event("149", "node", 149) + "]}"));
  EXPECT_EQ(send("GET", "/events/last").body, event("149", "node", 149));
}

TEST_F(SinkTest, WantsAValidTokenAndTheExactContentType) {
  const std::string bearer = token();
  EXPECT_EQ(post(event(kId, "node", 1), "Bearer other").status, 401);
  EXPECT_EQ(
      send("POST", "/events", event(kId, "node", 1), "application/cloudevents+json; charset=utf-8", bearer).status,
      415);
  clock.advance(2h);
  EXPECT_EQ(post(event(kId, "node", 1), bearer).status, 401);
}

TEST_F(SinkTest, RefusesRevokedTokens) {
  const std::string bearer = token();
  EXPECT_EQ(send("POST", "/tokens/revoke").status, 200);
  EXPECT_EQ(post(event(kId, "node", 1), bearer).status, 401);
}

TEST_F(SinkTest, RefusesWhatIsNoCloudEventAboutANode) {
  const std::string bearer = token();
  for (const char* body :
       {"", "{", "[]", R"({"specversion":"0.3","type":"t","source":"s","id":"i"})",
        R"({"specversion":"1.0","source":"s","id":"i"})", R"({"specversion":"1.0","type":"t","id":"i"})",
        R"({"specversion":"1.0","type":"t","source":"s"})", R"({"specversion":"1.0","type":"t","source":"s","id":"i"})",
        R"({"specversion":"1.0","type":"t","source":"s","id":"i","data":{"healthEvent":{"nodeName":""}}})"}) {
    EXPECT_EQ(post(body, bearer).status, 400) << body;
  }
  EXPECT_EQ(send("GET", "/audit/ids").body, "");
}

TEST_F(SinkTest, ChangesItsFaultsWhileItRuns) {
  const std::string bearer = token();
  EXPECT_EQ(send("POST", "/faults", R"({"statusRates":{"503":1},"retryAfter":7,"delayMs":50})").status, 200);
  const HttpAnswer answer = post(event(kId, "node", 1), bearer);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.retry_after, 7);
  EXPECT_EQ(answer.delay, 50ms);
  EXPECT_EQ(send("POST", "/faults", "{").status, 400);
  EXPECT_EQ(send("POST", "/faults", R"({"statusRates":{},"delayMs":0})").status, 200);
  EXPECT_EQ(post(event(kId, "node", 1), bearer).status, 202);
}

TEST_F(SinkTest, TakesTheEventOrNotBeforeItCutsTheConnection) {
  const std::string bearer = token();
  send("POST", "/faults", R"({"cutRate":1})");
  for (int number = 0; number < 100; ++number) {
    EXPECT_TRUE(post(event(std::to_string(number), "n", number), bearer).cut);
  }
  send("POST", "/faults", R"({"cutRate":0})");
  const std::string audit = send("GET", "/audit").body;
  EXPECT_NE(audit.find(R"("statuses":{"cut":100})"), std::string::npos) << audit;
  const std::string metrics = send("GET", "/metrics").body;
  EXPECT_EQ(metrics.find("mock_events_received_total 0\n"), std::string::npos);
  EXPECT_EQ(metrics.find("mock_events_received_total 100\n"), std::string::npos);
}

TEST_F(SinkTest, AuditsWhatItAccepted) {
  const std::string bearer = token();
  post(event("b", "node", 2), bearer);
  clock.advance(5ms);
  post(event("a", "node", 1), bearer);
  post(event("a", "node", 1), bearer);
  const std::string audit = send("GET", "/audit").body;
  EXPECT_NE(
      audit.find(R"("received":3,"distinctIds":2,"duplicates":1,"statuses":{"202":3},"nodes":1,"orderViolations":1)"),
      std::string::npos)
      << audit;
  EXPECT_NE(audit.find(R"("max":5.000)"), std::string::npos) << audit;
  send("POST", "/audit/reset");
  EXPECT_EQ(send("GET", "/audit/ids").body, "");
  EXPECT_EQ(send("GET", "/events/last").status, 404);
}

TEST_F(SinkTest, HasTheMetricsOfTheMockThatItStandsInFor) {
  post(event(kId, "node", 1), token());
  const std::string metrics = send("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\nmock_token_requests_total 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("\nmock_events_received_total 1\n"), std::string::npos);
  EXPECT_EQ(send("GET", "/healthz").status, 200);
}

TEST_F(SinkTest, HasNoOtherPages) {
  EXPECT_EQ(send("GET", "/nothing").status, 404);
  EXPECT_EQ(send("POST", "/nothing").status, 404);
  EXPECT_EQ(send("DELETE", "/events").status, 405);
}

}  // namespace
}  // namespace exporter::lab
