#include <string>

#include <gtest/gtest.h>

#include "lab/request_reader.h"

namespace exporter::lab {
namespace {

constexpr std::string_view kPost =
    "POST /events HTTP/1.1\r\nHost: sink\r\nContent-Type:application/cloudevents+json \r\nAUTHORIZATION: Bearer t\r\n"
    "Content-Length: 2\r\n\r\n{}";

TEST(RequestReader, ReadsAPost) {
  const Reading reading = read_request(kPost);
  ASSERT_EQ(reading.state, Reading::State::complete);
  EXPECT_EQ(reading.size, kPost.size());
  EXPECT_EQ(reading.request.method, "POST");
  EXPECT_EQ(reading.request.target, "/events");
  EXPECT_EQ(reading.request.content_type, "application/cloudevents+json");
  EXPECT_EQ(reading.request.authorization, "Bearer t");
  EXPECT_EQ(reading.request.body, "{}");
  EXPECT_TRUE(reading.request.keep_alive);
}

TEST(RequestReader, WaitsForTheRestAtEveryByte) {
  for (std::size_t size = 0; size < kPost.size(); ++size) {
    ASSERT_EQ(read_request(kPost.substr(0, size)).state, Reading::State::incomplete) << size;
  }
}

TEST(RequestReader, LeavesTheNextRequestAlone) {
  const std::string two = std::string(kPost) + std::string(kPost);
  const Reading reading = read_request(two);
  EXPECT_EQ(reading.size, kPost.size());
  EXPECT_EQ(reading.request.body, "{}");
}

TEST(RequestReader, ClosesAfterHttp10AndWhenAsked) {
  EXPECT_FALSE(read_request("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  EXPECT_FALSE(read_request("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").request.keep_alive);
  EXPECT_TRUE(read_request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").request.keep_alive);
}

TEST(RequestReader, NoticesAClientThatWaitsToBeToldToGoOn) {
  const Reading reading = read_request("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(reading.state, Reading::State::incomplete);
  EXPECT_TRUE(reading.expects_continue);
}

TEST(RequestReader, RefusesWhatIsNoProperRequest) {
  const auto status = [](const std::string& text) {
    const Reading reading = read_request(text);
    return reading.state == Reading::State::bad ? reading.status : 0;
  };
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET  HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(status("GET / TTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length : 0\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nContent-Length: 4194305\r\n\r\n"), 413);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 501);
  EXPECT_EQ(status(std::string(kMostHeadBytes + 1, 'x')), 431);
}

}  // namespace
}  // namespace exporter::lab
