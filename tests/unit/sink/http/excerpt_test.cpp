#include "sink/http/excerpt.h"

#include <gtest/gtest.h>

namespace exporter::http {
namespace {

constexpr std::string_view kToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleHBvcnRlciJ9.c2lnbmF0dXJl";

TEST(Excerpt, IsPrintable) { EXPECT_EQ(make_excerpt("a\r\n\tb\x01\xc3\xa9", ""), "a   b???"); }

TEST(Excerpt, IsBounded) {
  EXPECT_EQ(make_excerpt(std::string(5000, 'x'), ""), std::string(512, 'x'));
  EXPECT_EQ(make_excerpt(std::string(505, 'x') + std::string(kToken), kToken).size(), 512U);
}

TEST(Excerpt, HidesATokenThatTheServerEchoes) {
  EXPECT_EQ(make_excerpt("got 'Bearer " + std::string(kToken) + "', no", kToken), "got 'Bearer [redacted]', no");
}

TEST(Excerpt, HidesPartsOfATokenToo) {
  EXPECT_EQ(make_excerpt("got " + std::string(kToken.substr(5, 30)) + "...", kToken), "got [redacted]...");
  EXPECT_EQ(make_excerpt("cut: " + std::string(kToken.substr(0, 20)), kToken), "cut: [redacted]");
}

TEST(Excerpt, HidesAShortTokenOnlyAsAWhole) { EXPECT_EQ(make_excerpt("sec secret", "secret"), "sec [redacted]"); }

}  // namespace
}  // namespace exporter::http
