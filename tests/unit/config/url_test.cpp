#include "config/url.h"

#include <gtest/gtest.h>

namespace exporter::config {
namespace {

TEST(ParseUrl, KeepsPathAndQueryAsWritten) {
  const Result<Url> url = parse_url("https://sink.example:8443/a/./b%2Fc?x=1&y=%zz");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text, "https://sink.example:8443/a/./b%2Fc?x=1&y=%zz");
  EXPECT_EQ(url->host, "sink.example");
  EXPECT_TRUE(url->tls);
}

TEST(ParseUrl, DropsWhatIsNeverSent) {
  const Result<Url> url = parse_url("HTTP://user:pa@ss@Host.example:/p?q#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text, "http://Host.example/p?q");
  EXPECT_TRUE(url->had_user_info);
  EXPECT_TRUE(url->had_fragment);
  EXPECT_FALSE(url->tls);
}

TEST(ParseUrl, TakesAddresses) {
  EXPECT_EQ(parse_url("http://[::1]:8080/x")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:8080/x")->text, "http://[::1]:8080/x");
  EXPECT_EQ(parse_url("http://127.0.0.1")->text, "http://127.0.0.1");
  EXPECT_EQ(parse_url("http://host?q=1")->text, "http://host?q=1");
}

TEST(ParseUrl, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const Result<Url> url = parse_url(text);
    return url ? "" : url.error().message;
  };
  for (const char* text :
       {"", "sink", "sink.example/events", "ftp://host", "//host/x", "http:/host", "://host", "1http://x"}) {
    EXPECT_EQ(message(text), "does not start with http:// or https://") << text;
  }
  for (const char* text : {"http://", "https:///path", "http://:80", "http://u@", "http://?q", "http://#f"}) {
    EXPECT_EQ(message(text), "has no host") << text;
  }
  for (const char* text :
       {"http://a|b", "http://[::1", "http://[]x", "http://[::1]x", "http://[host]", "http://a\"b/"}) {
    EXPECT_EQ(message(text), "has a malformed host") << text;
  }
  for (const char* text :
       {"http://h:0", "http://h:65536", "http://h:99999999999", "http://h:x", "http://h:-1", "http://h:1:2"}) {
    EXPECT_EQ(message(text), "has a port outside 1 to 65535") << text;
  }
  for (const char* text : {"http://h/a b", " http://h", "http://h\n", "http://h/\xc3\xa9", "http://h/\x7f"}) {
    EXPECT_EQ(message(text), "holds a blank or a byte outside ASCII") << text;
  }
  for (const char* text : {"http://h/%", "http://h/%a", "http://h/%zz", "http://h/%4/x"}) {
    EXPECT_EQ(message(text), "has a % in its path without two hexadecimal digits after it") << text;
  }
}

TEST(RedactUrl, HidesEverythingThatMayBeSecret) {
  EXPECT_EQ(redact_url("https://host/path"), "https://host/path");
  EXPECT_EQ(redact_url("https://user:secret@host:1/p"), "https://***@host:1/p");
  EXPECT_EQ(redact_url("https://user:se/c?r#e@t@host/p"), "https://***@host/p");
  EXPECT_EQ(redact_url("https://host/p?key=secret&flag&b=c=d"), "https://host/p?key=***&***&b=***");
  EXPECT_EQ(redact_url("https://host/p?secret#secret"), "https://host/p?***#***");
  EXPECT_EQ(redact_url("user:secret@host"), "***@host");
  EXPECT_EQ(redact_url("user:secret@x://host"), "***@x://host");
  EXPECT_EQ(redact_url(""), "");
}

TEST(IsLoopback, KnowsTheNamesOfThisMachine) {
  for (const char* host : {"localhost", "LOCALHOST", "sink.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"localhost.example", "127.example", "127.0.0.1.example.com", "10.0.0.1", "::2", "example"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace exporter::config
