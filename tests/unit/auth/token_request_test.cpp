#include "auth/token_request.h"

#include <gtest/gtest.h>

namespace exporter::auth {
namespace {

TEST(TokenRequest, IsTheIncumbentsForBasic) {
  const TokenRequest request =
      make_token_request({.client_id = "x", .client_secret = "s3cret", .scope = "events:write"});
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=events%3Awrite");
  EXPECT_EQ(request.authorization, "Basic eDpzM2NyZXQ=");
}

// Recorded from the incumbent.
TEST(TokenRequest, SendsOddCharactersAsTheIncumbent) {
  const TokenRequest request = make_token_request({.client_id = "client:\u00e9 id+1",
                                                   .client_secret = "p%40ss: w+rd=\u00e9",
                                                   .scope = "events:write api://x/.default a+b"});
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=events%3Awrite+api%3A%2F%2Fx%2F.default+a%2Bb");
  EXPECT_EQ(request.authorization, "Basic Y2xpZW50OsOpIGlkKzE6cCU0MHNzOiB3K3JkPcOp");
}

TEST(TokenRequest, PutsTheClientIntoTheBodyForPost) {
  const TokenRequest request = make_token_request({.client_auth = ClientAuth::post,
                                                   .client_id = "client:\u00e9 id+1",
                                                   .client_secret = "p%40ss: w+rd=\u00e9&",
                                                   .scope = ""});
  EXPECT_EQ(request.body,
            "client_id=client%3A%C3%A9+id%2B1&client_secret=p%2540ss%3A+w%2Brd%3D%C3%A9%26"
            "&grant_type=client_credentials&scope=");
  EXPECT_EQ(request.authorization, "");
}

TEST(TokenRequest, EncodesFormsAsGo) { EXPECT_EQ(form_encode("a b:c+d/e~f*g"), "a+b%3Ac%2Bd%2Fe~f%2Ag"); }

// RFC 4648 section 10.
TEST(TokenRequest, EncodesBase64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(TokenRequest, HidesWhatAUrlMayCarry) {
  EXPECT_EQ(redact_url("https://h:8443/realms/x/token"), "https://h:8443/realms/x/token");
  EXPECT_EQ(redact_url("https://user:p@ss@h/t?key=1#f"), "https://h/t");
  EXPECT_EQ(redact_url("https://user:pass@h"), "https://h");
  EXPECT_EQ(redact_url("https://h/a@b"), "https://h/a@b");
  EXPECT_EQ(redact_url("user:pass@h/t"), "h/t");
  EXPECT_EQ(redact_url(""), "");
}

}  // namespace
}  // namespace exporter::auth
