#include "sink/http/request_head.h"

#include <gtest/gtest.h>

namespace exporter::http {
namespace {

using namespace std::string_view_literals;

TEST(RequestHead, WritesTheWholeRequest) {
  const auto head = RequestHead::make(*parse_endpoint("https://sink.example.com:8443/a?b=c"), "event-exporter/1");
  ASSERT_TRUE(head);
  std::string request = "left over from the last one";
  head->write(request, "t0ken", "{}");
  EXPECT_EQ(request,
            "POST /a?b=c HTTP/1.1\r\n"
            "Host: sink.example.com:8443\r\n"
            "User-Agent: event-exporter/1\r\n"
            "Content-Type: application/cloudevents+json\r\n"
            "Content-Length: 2\r\n"
            "Authorization: Bearer t0ken\r\n"
            "\r\n"
            "{}");
}

TEST(RequestHead, LeavesAuthorizationOutWithoutAToken) {
  const auto head = RequestHead::make(*parse_endpoint("http://h/"), "x");
  ASSERT_TRUE(head);
  std::string request;
  head->write(request, "", "");
  EXPECT_EQ(request,
            "POST / HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nContent-Type: application/cloudevents+json\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(RequestHead, TellsTheTraceWhenThereIsOne) {
  const auto head = RequestHead::make(*parse_endpoint("http://h/"), "x");
  ASSERT_TRUE(head);
  std::string request;
  head->write(request, "t", "{}", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(request,
            "POST / HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nContent-Type: application/cloudevents+json\r\n"
            "Content-Length: 2\r\nAuthorization: Bearer t\r\n"
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n{}");
}

TEST(RequestHead, RefusesValuesThatWouldStartAnotherHeader) {
  EXPECT_FALSE(RequestHead::make(*parse_endpoint("http://h/"), "x\r\nEvil: 1"));
  EXPECT_TRUE(RequestHead::can_carry("eyJhbGciOi.J-_~+/="));
  for (const std::string_view token : {"a\rb"sv, "a\nb"sv, "a b"sv, "a\tb"sv, "a\x7f"sv, "\xc3\xa9"sv, "a\0b"sv}) {
    EXPECT_FALSE(RequestHead::can_carry(token)) << token;
  }
}

}  // namespace
}  // namespace exporter::http
