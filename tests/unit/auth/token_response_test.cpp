#include "auth/token_response.h"

#include <gtest/gtest.h>

#include <string>

namespace exporter::auth {
namespace {

using namespace std::chrono_literals;

std::optional<Duration> lifetime_of(const std::string& expires_in) {
  const auto response = parse_token_response(R"({"access_token":"abc.def","expires_in":)" + expires_in + "}");
  EXPECT_TRUE(response) << expires_in << ": " << response.error().message;
  EXPECT_EQ(response.value_or(TokenResponse{}).access_token, "abc.def") << expires_in;
  return response.value_or(TokenResponse{}).lifetime;
}

std::string message_of(std::string_view body) {
  const auto response = parse_token_response(body);
  EXPECT_FALSE(response) << body;
  if (response) {
    return {};
  }
  EXPECT_EQ(response.error().kind, ErrorKind::transient);
  return response.error().message;
}

TEST(TokenResponse, ReadsTokenAndLifetime) {
  const auto response = parse_token_response(
      R"( {"token_type":"Bearer","expires_in":3600,"extra":{"a":[1,{"access_token":"no"}]},"access_token":"abc.def"} )");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->access_token, "abc.def");
  EXPECT_EQ(response->lifetime, 3600s);
}

TEST(TokenResponse, TakesAnyFormOfALifetime) {
  EXPECT_EQ(lifetime_of("60"), 60s);
  EXPECT_EQ(lifetime_of("59.5"), 59500ms);
  EXPECT_EQ(lifetime_of("0.5"), 1s);
  EXPECT_EQ(lifetime_of("1e-300"), 1s);
  EXPECT_EQ(lifetime_of("3.6e3"), 3600s);
  EXPECT_EQ(lifetime_of("\"3600\""), 3600s);
  EXPECT_EQ(lifetime_of("\" 3600 \""), 3600s);
  EXPECT_EQ(lifetime_of("1e30"), kMaxLifetime);
  EXPECT_EQ(lifetime_of("99999999999999999999999999"), kMaxLifetime);
}

TEST(TokenResponse, TakesSenselessLifetimesAsNotSaid) {
  for (const char* text : {"0", "-1", "-0", "null", "true", "\"\"", "\"soon\"", "\"3600s\"", "\"inf\"", "\"nan\"", "{}",
                           "[3600]", "1e999", "-1e999"}) {
    EXPECT_EQ(lifetime_of(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_token_response(R"({"access_token":"t"})")->lifetime, std::nullopt);
}

TEST(TokenResponse, ReadsTheScopeThatWasGranted) {
  const auto scope_of = [](const std::string& json) {
    const auto response = parse_token_response(R"({"access_token":"t","scope":)" + json + "}");
    EXPECT_TRUE(response) << json;
    return response.value_or(TokenResponse{}).scope;
  };
  EXPECT_EQ(scope_of(R"("events:write openid")"), "events:write openid");
  for (const std::string& senseless :
       {std::string("null"), std::string("7"), std::string(R"(["a"])"), std::string(R"("a\nb")"),
        std::string(R"("say \"a\"")"), "\"" + std::string(kMaxScopeBytes + 1, 'a') + "\""}) {
    EXPECT_EQ(scope_of(senseless), "") << senseless;
  }
}

TEST(TokenResponse, MatchesKeysInAnyCaseAndTheLastWins) {
  const auto response =
      parse_token_response(R"({"Access_Token":"old","EXPIRES_IN":5,"ACCESS_TOKEN":"new","expires_in":7})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->access_token, "new");
  EXPECT_EQ(response->lifetime, 7s);
}

TEST(TokenResponse, RefusesWhatIsNoObject) {
  for (const char* body :
       {"", " ", "null", "[]", "[{\"access_token\":\"t\"}]", "\"t\"", "<html>", "{", "{\"access_token\"",
        "{\"access_token\":\"t\"} x", "{\"access_token\":\"t\"}{}", "{\"access_token\":\"t\"", "\xff\xfe"}) {
    EXPECT_EQ(message_of(body), "the token endpoint's answer is not a JSON object") << body;
  }
}

TEST(TokenResponse, RefusesAMissingToken) {
  for (const char* body :
       {"{}", R"({"access_token":""})", R"({"access_token":null})", R"({"access_token":7})", R"({"token":"s3cret"})"}) {
    EXPECT_EQ(message_of(body), "the token endpoint's answer has no access_token") << body;
  }
}

TEST(TokenResponse, RefusesATokenThatWouldBreakTheHeader) {
  for (const char* body : {R"({"access_token":"a\r\nX-Evil: 1"})", R"({"access_token":"a\u0000b"})",
                           R"({"access_token":"é"})", R"({"access_token":"a\u007f"})"}) {
    EXPECT_EQ(message_of(body), "the token endpoint's access_token has characters that cannot stand in a header");
  }
}

TEST(TokenResponse, IsBounded) {
  const std::string body = R"({"access_token":")" + std::string(kMaxAnswerBytes, 'a') + "\"}";
  EXPECT_EQ(message_of(body), "the token endpoint's answer is too long");
  EXPECT_EQ(parse_oauth_error(R"({"error":"invalid_client","pad":")" + std::string(kMaxAnswerBytes, 'a') + "\"}"), "");
  const std::string deep(kMaxAnswerBytes - 100, '[');
  EXPECT_FALSE(parse_token_response(R"({"access_token":"t","deep":)" + deep));
}

TEST(TokenResponse, ShowsOnlyPlainErrorCodes) {
  EXPECT_EQ(parse_oauth_error(R"({"error":"invalid_client","error_description":"secret s3cret is wrong"})"),
            "invalid_client");
  EXPECT_EQ(parse_oauth_error(R"({"error":{"code":"x"}})"), "");
  EXPECT_EQ(parse_oauth_error(R"({"error":"the secret s3cret is wrong"})"), "");
  EXPECT_EQ(parse_oauth_error("{\"error\":\"" + std::string(65, 'a') + "\"}"), "");
  EXPECT_EQ(parse_oauth_error("<html>"), "");
  EXPECT_EQ(parse_oauth_error("{}"), "");
}

}  // namespace
}  // namespace exporter::auth
