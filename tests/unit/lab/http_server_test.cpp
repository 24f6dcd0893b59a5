// The server over real loopback connections.
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio.hpp>

#include "admin/fetch.h"
#include "lab/http_server.h"

namespace exporter::lab {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// Answers with the body it got; the target chooses how.
class Echo final : public HttpHandler {
 public:
  void handle(const HttpRequest& request, std::size_t in_flight, HttpAnswer& answer) override {
    answer.body = request.body;
    if (request.target == "/late") {
      answer.delay = 30ms;
    }
    if (request.target == "/in-flight") {
      answer.body = std::to_string(in_flight);
    }
    if (request.target == "/cut") {
      answer.cut = true;
    }
    if (request.target == "/busy") {
      answer.status = 503;
      answer.retry_after = 2;
    }
  }
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() : server(HttpServer::listen("127.0.0.1", 0, echo).value()) {
    thread = std::jthread([this](std::stop_token stop) { server->run(std::move(stop)); });
  }
  tcp::socket connect() {
    tcp::socket socket(io);
    socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), server->port()));
    return socket;
  }
  // Sends `text` and reads until `size` bytes or the end came.
  static std::string exchange(tcp::socket& socket, const std::string& text, std::size_t size) {
    boost::system::error_code error;
    asio::write(socket, asio::buffer(text), error);
    std::string answer(size, '\0');
    answer.resize(asio::read(socket, asio::buffer(answer), error));
    return answer;
  }

  Echo echo;
  std::unique_ptr<HttpServer> server;
  asio::io_context io;
  std::jthread thread;
};

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  tcp::socket socket = connect();
  for (int number = 0; number < 100; ++number) {
    const std::string wanted = ok(std::to_string(number));
    ASSERT_EQ(exchange(socket, post("/", std::to_string(number)), wanted.size()), wanted);
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrderLateOnesToo) {
  tcp::socket socket = connect();
  const std::string wanted = ok("1") + ok("2") + ok("3");
  EXPECT_EQ(exchange(socket, post("/", "1") + post("/late", "2") + post("/", "3"), wanted.size()), wanted);
}

TEST_F(HttpServerTest, TakesARequestThatComesByteByByte) {
  tcp::socket socket = connect();
  socket.set_option(tcp::no_delay(true));
  for (const char byte : post("/", "slow")) {
    asio::write(socket, asio::buffer(&byte, 1));
  }
  EXPECT_EQ(exchange(socket, "", ok("slow").size()), ok("slow"));
}

TEST_F(HttpServerTest, TakesAndSendsBodiesLargerThanItsBuffers) {
  tcp::socket socket = connect();
  const std::string body(3'000'000, 'x');
  EXPECT_EQ(exchange(socket, post("/", body), ok(body).size()), ok(body));
}

TEST_F(HttpServerTest, ResetsAConnectionThatIsToBeCut) {
  tcp::socket socket = connect();
  EXPECT_EQ(exchange(socket, post("/cut", ""), 1), "");
}

TEST_F(HttpServerTest, SaysWhenToComeBack) {
  tcp::socket socket = connect();
  const std::string wanted =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 0\r\nRetry-After: "
      "2\r\n\r\n";
  EXPECT_EQ(exchange(socket, post("/busy", ""), wanted.size()), wanted);
}

TEST_F(HttpServerTest, ClosesAfterABadRequest) {
  tcp::socket socket = connect();
  const std::string answer = exchange(socket, "nonsense\r\n\r\n", 1000);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, CountsRequestsThatWaitForTheirAnswer) {
  tcp::socket waiting = connect();
  asio::write(waiting, asio::buffer(post("/", "first") + post("/late", "later")));
  // When the first answer has come, the second request has been taken too: both came in one piece.
  ASSERT_EQ(exchange(waiting, "", ok("first").size()), ok("first"));
  tcp::socket socket = connect();
  EXPECT_EQ(exchange(socket, post("/in-flight", ""), ok("2").size()), ok("2"));
}

TEST_F(HttpServerTest, StopsWithConnectionsOpenAndAnswersPending) {
  tcp::socket socket = connect();
  asio::write(socket, asio::buffer(post("/", "first") + post("/late", "never")));
  ASSERT_EQ(exchange(socket, "", ok("first").size()), ok("first"));
  thread.request_stop();
  thread.join();
  server.reset();
  EXPECT_EQ(exchange(socket, "", 1), "");
}

TEST_F(HttpServerTest, ServesTheFetcher) {
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  const auto body = admin::fetch(base, "/", 5s, 100);
  ASSERT_TRUE(body.has_value()) << body.error().message;
  EXPECT_EQ(*body, "");
  EXPECT_FALSE(admin::fetch(base, "/busy", 5s, 100).has_value());
}

TEST(HttpServer, TellsWhyItCannotListen) {
  Echo echo;
  const auto first = HttpServer::listen("127.0.0.1", 0, echo);
  ASSERT_TRUE(first.has_value());
  const auto second = HttpServer::listen("127.0.0.1", (*first)->port(), echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::invalid);
  EXPECT_FALSE(HttpServer::listen("localhost", 0, echo).has_value());
}

}  // namespace
}  // namespace exporter::lab
