#include "admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace exporter::admin {
namespace {

class AdminServerTest : public testing::Test {
 protected:
  AdminServer server_{{.port = 0, .address = "127.0.0.1"},
                      [] { return std::string("a_total 1\n"); },
                      [this] { return healthy_ ? Health{} : Health{.ok = false, .reason = "delivery is stalled"}; },
                      [this] { return ready_ ? Health{} : Health{.ok = false, .reason = "no token"}; }};
  std::atomic<bool> healthy_ = true;
  std::atomic<bool> ready_ = true;

  httplib::Result get(const std::string& path) {
    httplib::Client client("127.0.0.1", server_.port());
    return client.Get(path);
  }
};

TEST_F(AdminServerTest, ServesMetricsInTextFormat) {
  ASSERT_TRUE(server_.start());
  const auto response = get("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->get_header_value("Content-Type"), "text/plain; version=0.0.4");
  EXPECT_EQ(response->body, "a_total 1\n");
}

TEST_F(AdminServerTest, AnswersHealthAsTheIncumbent) {
  ASSERT_TRUE(server_.start());
  const auto response = get("/healthz");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->get_header_value("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response->body, "ok");
}

TEST_F(AdminServerTest, SaysWhyItIsUnhealthy) {
  ASSERT_TRUE(server_.start());
  healthy_ = false;
  const auto response = get("/healthz");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "delivery is stalled");
}

TEST_F(AdminServerTest, SaysWhyItIsNotReadyWhileItIsHealthy) {
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(get("/readyz")->status, 200);
  EXPECT_EQ(get("/readyz")->body, "ok");
  ready_ = false;
  const auto response = get("/readyz");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "no token");
  EXPECT_EQ(get("/healthz")->status, 200);
}

TEST_F(AdminServerTest, KnowsNothingElse) {
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(get("/")->status, 404);
  EXPECT_EQ(get("/ready")->status, 404);
  EXPECT_EQ(get("/metrics/x")->status, 404);
}

TEST_F(AdminServerTest, SaysThatThePortIsInUse) {
  ASSERT_TRUE(server_.start());
  AdminServer second(
      {.port = server_.port(), .address = "127.0.0.1"}, [] { return std::string(); }, [] { return Health{}; },
      [] { return Health{}; });
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(),
            (Error{ErrorKind::invalid, "cannot listen on 127.0.0.1:" + std::to_string(server_.port()) +
                                           " for metrics and health: Address already in use; choose another port "
                                           "with --metrics-port"}));
}

class AdminServerAddresses : public testing::Test {
 protected:
  static AdminServer server(AdminServer::Options options) {
    return {std::move(options), [] { return std::string(); }, [] { return Health{}; }, [] { return Health{}; }};
  }

  void SetUp() override {
    httplib::Server probe;
    if (probe.bind_to_any_port("::1") <= 0) {
      GTEST_SKIP() << "this machine has no IPv6";
    }
  }

  static bool answers(const std::string& host, const AdminServer& server) {
    const auto response = httplib::Client(host, server.port()).Get("/healthz");
    return response && response->status == 200;
  }
};

TEST_F(AdminServerAddresses, OfBothFamiliesAreServed) {
  AdminServer both = server({.port = 0});
  ASSERT_TRUE(both.start());
  EXPECT_TRUE(answers("127.0.0.1", both));
  EXPECT_TRUE(answers("::1", both));
}

// 2001:db8::/32 is for documentation (RFC 3849): no machine has such an address.
TEST_F(AdminServerAddresses, WhereTheFirstIsNotThereTheOtherIsTaken) {
  AdminServer other = server({.port = 0, .address = "2001:db8::1", .fallback_address = "127.0.0.1"});
  ASSERT_TRUE(other.start());
  EXPECT_TRUE(answers("127.0.0.1", other));
}

TEST_F(AdminServerAddresses, APortInUseIsNoReasonToTakeTheOther) {
  for (const std::string& holder : {std::string("0.0.0.0"), std::string("::"), std::string("127.0.0.1")}) {
    AdminServer first = server({.port = 0, .address = holder});
    ASSERT_TRUE(first.start());
    // 127.0.0.2 would be free.
    AdminServer second = server({.port = first.port(), .address = "::", .fallback_address = "127.0.0.2"});
    const auto started = second.start();
    ASSERT_FALSE(started) << holder;
    EXPECT_EQ(started.error().message, "cannot listen on [::]:" + std::to_string(first.port()) +
                                           " for metrics and health: Address already in use; choose another port with "
                                           "--metrics-port");
  }
}

TEST_F(AdminServerTest, StopsAtOnceAndTwice) {
  ASSERT_TRUE(server_.start());
  const std::uint16_t port = server_.port();
  server_.stop();
  server_.stop();
  EXPECT_FALSE(httplib::Client("127.0.0.1", port).Get("/healthz"));
}

TEST_F(AdminServerTest, StopsWithoutAStart) { server_.stop(); }

TEST_F(AdminServerTest, AnswersManyAskersAtOnce) {
  ASSERT_TRUE(server_.start());
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 8; ++i) {
      askers.emplace_back([this, &good] {
        for (int n = 0; n < 10; ++n) {
          const auto response = get("/healthz");
          good += response && response->status == 200 ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace exporter::admin
