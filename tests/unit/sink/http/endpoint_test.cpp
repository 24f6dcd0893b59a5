#include "sink/http/endpoint.h"

#include <gtest/gtest.h>

namespace exporter::http {
namespace {

TEST(Endpoint, SplitsWhatAConnectionNeeds) {
  EXPECT_EQ(parse_endpoint("https://sink.example.com/events"),
            (Endpoint{.tls = true, .host = "sink.example.com", .port = 443, .target = "/events"}));
  EXPECT_EQ(parse_endpoint("http://10.0.0.1:8080"),
            (Endpoint{.tls = false, .host = "10.0.0.1", .port = 8080, .target = "/"}));
  EXPECT_EQ(parse_endpoint("HTTP://Host:/"), (Endpoint{.tls = false, .host = "Host", .port = 80, .target = "/"}));
}

TEST(Endpoint, KeepsPathAndQueryByteForByteAndDropsTheFragment) {
  EXPECT_EQ(parse_endpoint("http://h/a//b/../c%2F?x=1&y=%20?/#top")->target, "/a//b/../c%2F?x=1&y=%20?/");
  EXPECT_EQ(parse_endpoint("http://h?x=1")->target, "/?x=1");
}

TEST(Endpoint, TakesIpv6LiteralsOutOfTheirBrackets) {
  const auto endpoint = parse_endpoint("https://[2001:db8::1]:8443/e");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(*endpoint, (Endpoint{.tls = true, .host = "2001:db8::1", .port = 8443, .target = "/e"}));
  EXPECT_EQ(endpoint->authority(), "[2001:db8::1]:8443");
  EXPECT_EQ(parse_endpoint("https://[::1]/")->authority(), "[::1]");
}

TEST(Endpoint, NamesThePortInTheHostHeaderOnlyWhenItIsNotTheSchemesOwn) {
  EXPECT_EQ(parse_endpoint("http://h:80/")->authority(), "h");
  EXPECT_EQ(parse_endpoint("https://h:80/")->authority(), "h:80");
  EXPECT_EQ(parse_endpoint("http://h:80/")->address(), "h:80");
}

TEST(Endpoint, RefusesWithTheReasonAndTheRemedyButNeverTheUrl) {
  const auto refusal = [](std::string_view url) {
    const auto endpoint = parse_endpoint(url);
    if (endpoint) {
      return std::string("accepted");
    }
    EXPECT_EQ(endpoint.error().kind, ErrorKind::invalid);
    EXPECT_EQ(endpoint.error().message.find("hunter2"), std::string::npos);
    return endpoint.error().message;
  };
  EXPECT_EQ(refusal("ftp://hunter2/"),
            "sink.endpoint starts with neither http:// nor https://; give an absolute URL such as "
            "\"https://sink.example.com/events\"");
  for (const auto* url :
       {"", "sink.example.com", "http://", "http:///path", "http://:80/", "http://h:0/", "http://h:65536/",
        "http://h:8x/", "http://[::1/", "http://[::1]x/", "http://[abc]/", "http://[]/", "http://h h/",
        "http://h/\r\nX: y", "http://h/\xc3\xa9", "http://me:hunter2@h/", "http://h%41/"}) {
    EXPECT_NE(refusal(url), "accepted") << url;
  }
  EXPECT_NE(refusal("http://me:hunter2@h/").find("user name or a password"), std::string::npos);
}

}  // namespace
}  // namespace exporter::http
