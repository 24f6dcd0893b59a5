#include "admin/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "admin/page.h"

namespace exporter::admin {
namespace {

class AdminServerTest : public testing::Test {
 protected:
  AdminServer server_{{.port = 0, .address = "127.0.0.1"},
                      {.metrics = [] { return std::string("a_total 1\n"); },
                       .health = [this] { return healthy_ ? Reasons{} : Reasons{"delivery is stalled"}; },
                       .readiness = [this] { return ready_ ? Reasons{} : Reasons{"no token", "a \"sick\" sink"}; },
                       .status = [] { return std::string("{}"); }}};
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
  EXPECT_EQ(response->body, "no token; a \"sick\" sink");
  EXPECT_EQ(get("/healthz")->status, 200);
}

TEST_F(AdminServerTest, SaysItInJsonToWhoeverWantsMore) {
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(get("/healthz?verbose")->body, R"({"ok":true,"reasons":[]})");
  ready_ = false;
  const auto response = get("/readyz?verbose=1");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(response->body, R"({"ok":false,"reasons":["no token","a \"sick\" sink"]})");
}

TEST_F(AdminServerTest, ServesTheStatus) {
  ASSERT_TRUE(server_.start());
  const auto response = get("/status");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(response->get_header_value("Cache-Control"), "no-store");
  EXPECT_EQ(response->body, "{}");
}

TEST_F(AdminServerTest, ServesThePageUnderAPolicyWithANonceOfItsOwn) {
  ASSERT_TRUE(server_.start());
  const auto response = get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(response->get_header_value("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response->get_header_value("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(response->get_header_value("Cache-Control"), "no-store");
  const std::string policy = response->get_header_value("Content-Security-Policy");
  const std::string start = "default-src 'none'; script-src 'nonce-";
  ASSERT_THAT(policy, testing::StartsWith(start));
  const std::string nonce = policy.substr(start.size(), 32);
  EXPECT_EQ(policy, page_policy(nonce));
  EXPECT_EQ(response->body, page_with_nonce(nonce));

  const auto next = get("/");
  ASSERT_TRUE(next);
  EXPECT_NE(next->get_header_value("Content-Security-Policy"), policy);
}

TEST_F(AdminServerTest, ServesThePageToGetAndHeadOnly) {
  ASSERT_TRUE(server_.start());
  httplib::Client client("127.0.0.1", server_.port());
  const auto head = client.Head("/");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_TRUE(head->has_header("Content-Security-Policy"));
  EXPECT_EQ(client.Post("/")->status, 404);
  EXPECT_EQ(client.Put("/")->status, 404);
  EXPECT_EQ(client.Delete("/")->status, 404);
}

TEST_F(AdminServerTest, KnowsNothingElse) {
  ASSERT_TRUE(server_.start());
  EXPECT_EQ(get("/ready")->status, 404);
  EXPECT_EQ(get("/metrics/x")->status, 404);
}

TEST_F(AdminServerTest, SaysThatThePortIsInUse) {
  ASSERT_TRUE(server_.start());
  AdminServer second({.port = server_.port(), .address = "127.0.0.1"}, {});
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
    return {std::move(options), {.metrics = {}, .health = [] { return Reasons{}; }, .readiness = {}, .status = {}}};
  }

  // Where this machine has none, everything must work by IPv4.
  static bool has_ipv6() { return httplib::Server().bind_to_any_port("::1") > 0; }

  static bool answers(const std::string& host, const AdminServer& server) {
    const auto response = httplib::Client(host, server.port()).Get("/healthz");
    return response && response->status == 200;
  }
};

TEST_F(AdminServerAddresses, OfBothFamiliesAreServed) {
  AdminServer both = server({.port = 0});
  ASSERT_TRUE(both.start());
  EXPECT_TRUE(answers("127.0.0.1", both));
  EXPECT_EQ(answers("::1", both), has_ipv6());
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
    if (!has_ipv6()) {
      EXPECT_TRUE(server({.port = first.port(), .address = "::", .fallback_address = "127.0.0.2"}).start() ||
                  holder == "0.0.0.0" || holder == "::");
      continue;
    }
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

// A connection to the server that sends nothing.
class IdleConnection {
 public:
  explicit IdleConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE: what the sockets API wants
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~IdleConnection() { ::close(socket_); }
  IdleConnection(const IdleConnection&) = delete;
  IdleConnection& operator=(const IdleConnection&) = delete;

  // The server has not closed it yet.
  [[nodiscard]] bool is_open() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT) == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  int socket_;
};

// As a browser makes them. The server closes them after some seconds, so on a slow machine one try proves nothing.
TEST_F(AdminServerTest, ConnectionsThatCarryNothingHoldUpNoProbe) {
  ASSERT_TRUE(server_.start());
  bool answered_beside_them = false;
  for (int i = 0; i < 10 && !answered_beside_them; ++i) {
    const std::uint16_t port = server_.port();
    const std::array<IdleConnection, 6> idle{IdleConnection(port), IdleConnection(port), IdleConnection(port),
                                             IdleConnection(port), IdleConnection(port), IdleConnection(port)};
    const auto response = get("/healthz");
    ASSERT_TRUE(response);
    answered_beside_them = std::ranges::all_of(idle, [](const IdleConnection& one) { return one.is_open(); });
  }
  EXPECT_TRUE(answered_beside_them);
}

}  // namespace
}  // namespace exporter::admin
