// Faults and tokens: what the sink decides.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "lab/fault_plan.h"
#include "lab/token_book.h"

namespace exporter::lab {
namespace {

using namespace std::chrono_literals;

TEST(FaultPlan, GivesTheSameFatesForTheSameSeed) {
  Faults faults;
  faults.jitter = 20ms;
  faults.status_rates = {{503, 0.3}};
  faults.cut_rate = 0.1;
  FaultPlan one(faults, 42);
  FaultPlan other(faults, 42);
  for (int index = 0; index < 1000; ++index) {
    const Fate a = one.next("");
    const Fate b = other.next("");
    ASSERT_EQ(std::tuple(a.delay, a.status, a.cut), std::tuple(b.delay, b.status, b.cut)) << index;
  }
}

TEST(FaultPlan, HoldsToItsRates) {
  Faults faults;
  faults.status_rates = {{503, 0.1}, {429, 0.05}};
  FaultPlan plan(faults, 1);
  std::map<int, int> statuses;
  for (int index = 0; index < 100'000; ++index) {
    ++statuses[plan.next("").status];
  }
  EXPECT_NEAR(statuses[503], 10'000, 400);
  EXPECT_NEAR(statuses[429], 5'000, 300);
  EXPECT_EQ(statuses.size(), 3U);
}

TEST(FaultPlan, CutsHalfOfTheConnectionsAfterTakingTheEvent) {
  Faults faults;
  faults.cut_rate = 1;
  FaultPlan plan(faults, 1);
  int after = 0;
  for (int index = 0; index < 1000; ++index) {
    const Fate fate = plan.next("");
    ASSERT_NE(fate.cut, Cut::none);
    after += fate.cut == Cut::after ? 1 : 0;
  }
  EXPECT_NEAR(after, 500, 60);
}

TEST(FaultPlan, DelaysByAtLeastTheDelayAndLessThanTheJitterMore) {
  Faults faults;
  faults.delay = 50ms;
  faults.jitter = 20ms;
  FaultPlan plan(faults, 1);
  for (int index = 0; index < 1000; ++index) {
    const Duration delay = plan.next("").delay;
    ASSERT_GE(delay, 50ms);
    ASSERT_LT(delay, 70ms);
  }
}

TEST(FaultPlan, RefusesPoisonAlways) {
  Faults faults;
  faults.poison = "gpu-node-0007";
  FaultPlan plan(faults, 1);
  EXPECT_EQ(plan.next(R"({"nodeName":"gpu-node-0007"})").status, 400);
  EXPECT_EQ(plan.next(R"({"nodeName":"gpu-node-0008"})").status, 0);
}

TEST(FaultPlan, AnswersPoisonWithTheStatusThatItIsGiven) {
  const Result<Faults> faults = faults_from_json(R"({"poison":"gpu-node-0007","poisonStatus":500})", {});
  ASSERT_TRUE(faults.has_value());
  FaultPlan plan(*faults, 1);
  EXPECT_EQ(plan.next(R"({"nodeName":"gpu-node-0007"})").status, 500);
  EXPECT_EQ(plan.next(R"({"nodeName":"gpu-node-0008"})").status, 0);
  EXPECT_FALSE(faults_from_json(R"({"poisonStatus":0})", {}).has_value());
}

TEST(StatusRates, AreReadFromText) {
  const auto rates = parse_status_rates("503:0.1,429:0.05");
  ASSERT_TRUE(rates.has_value());
  EXPECT_EQ(*rates, (std::vector<std::pair<int, double>>{{503, 0.1}, {429, 0.05}}));
  EXPECT_TRUE(parse_status_rates("").value().empty());
}

TEST(StatusRates, ThatAreWrongAreRefused) {
  for (const char* text : {"503", "503:", ":0.1", "abc:0.1", "99:0.1", "600:0.1", "503:x", ",", "nan:0.1"}) {
    EXPECT_FALSE(parse_status_rates(text).has_value()) << text;
  }
}

TEST(Faults, SurviveTheWayThroughJson) {
  Faults faults{50ms, 20ms, {{503, 0.1}}, 2, "a \"poison\"", 500, 0.01};
  const auto again = faults_from_json(faults_to_json(faults), Faults());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(faults_to_json(*again), faults_to_json(faults));
  EXPECT_EQ(again->status_rates, faults.status_rates);
  EXPECT_EQ(again->poison, faults.poison);
  EXPECT_EQ(again->poison_status, 500);
}

TEST(Faults, KeepWhatTheJsonDoesNotName) {
  const Faults base{50ms, 20ms, {{503, 0.1}}, 2, "p", 500, 0.01};
  const auto changed = faults_from_json(R"({"delayMs":0})", base);
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->delay, 0ms);
  EXPECT_EQ(changed->jitter, 20ms);
  EXPECT_EQ(changed->poison, "p");
}

TEST(Faults, ThatMakeNoSenseAreRefused) {
  for (const char* json : {"", "[]", R"({"delay":1})", R"({"delayMs":-1})", R"({"delayMs":"1"})", R"({"cutRate":1.5})",
                           R"({"statusRates":{"503":0.7,"429":0.7}})", R"({"statusRates":{"abc":0.1}})",
                           R"({"poison":1})", R"({"delayMs":1e300})"}) {
    const auto faults = faults_from_json(json, Faults());
    ASSERT_FALSE(faults.has_value()) << json;
    EXPECT_EQ(faults.error().kind, ErrorKind::invalid);
  }
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kGrant = "grant_type=client_credentials&scope=events%3Awrite";
constexpr MonoTime kStart{};

TokenBook book() { return TokenBook({"x", "s3cret", 60s, 32}, 1); }

std::string bearer(const TokenAnswer& answer) {
  static constexpr std::string_view kKey = R"("access_token":")";
  const std::size_t start = answer.body.find(kKey) + kKey.size();
  return "Bearer " + answer.body.substr(start, answer.body.find('"', start) - start);
}

TEST(TokenBook, GivesATokenToTheClientWhoShowsItsSecretEitherWay) {
  TokenBook tokens = book();
  // Basic eDpzM2NyZXQ= is x:s3cret.
  EXPECT_EQ(tokens.grant("Basic eDpzM2NyZXQ=", kForm, kGrant, kStart).status, 200);
  const std::string post = std::string(kGrant) + "&client_id=x&client_secret=s3cret";
  EXPECT_EQ(tokens.grant("", kForm, post, kStart).status, 200);
}

TEST(TokenBook, TakesFormEncodedCredentialsInBasicAsTheRfcAsks) {
  TokenBook tokens({"a b", "p%w+d:", 60s, 32}, 1);
  // a+b:p%25w%2Bd%3A, and the same in clear text.
  EXPECT_EQ(tokens.grant("Basic YStiOnAlMjV3JTJCZCUzQQ==", kForm, kGrant, kStart).status, 200);
  EXPECT_EQ(tokens.grant("Basic YSBiOnAldytkOg==", kForm, kGrant, kStart).status, 200);
}

TEST(TokenBook, RefusesOthersAsTheRfcSays) {
  TokenBook tokens = book();
  const auto is = [&](const TokenAnswer& answer, int status, const char* body) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
  };
  is(tokens.grant("Basic eDpvdGhlcg==", kForm, kGrant, kStart), 401, R"({"error":"invalid_client"})");
  is(tokens.grant("Basic ???", kForm, kGrant, kStart), 401, R"({"error":"invalid_client"})");
  is(tokens.grant("", kForm, kGrant, kStart), 401, R"({"error":"invalid_client"})");
  is(tokens.grant("Basic eDpzM2NyZXQ=", kForm, "grant_type=password", kStart), 400,
     R"({"error":"unsupported_grant_type"})");
  is(tokens.grant("Basic eDpzM2NyZXQ=", "application/json", kGrant, kStart), 400, R"({"error":"invalid_request"})");
}

TEST(TokenBook, AcceptsATokenUntilItExpires) {
  TokenBook tokens = book();
  const TokenAnswer answer = tokens.grant("Basic eDpzM2NyZXQ=", kForm, kGrant, kStart);
  EXPECT_TRUE(tokens.accepts(bearer(answer), kStart + 59s));
  EXPECT_FALSE(tokens.accepts(bearer(answer), kStart + 60s));
  EXPECT_FALSE(tokens.accepts("Bearer other", kStart));
  EXPECT_FALSE(tokens.accepts(bearer(answer).substr(7), kStart));
  EXPECT_FALSE(tokens.accepts("", kStart));
}

TEST(TokenBook, ForgetsAllTokensWhenTheyAreRevoked) {
  TokenBook tokens = book();
  const std::string old = bearer(tokens.grant("Basic eDpzM2NyZXQ=", kForm, kGrant, kStart));
  tokens.revoke_all();
  EXPECT_FALSE(tokens.accepts(old, kStart));
  EXPECT_TRUE(tokens.accepts(bearer(tokens.grant("Basic eDpzM2NyZXQ=", kForm, kGrant, kStart)), kStart));
}

TEST(FormValue, IsDecoded) {
  EXPECT_EQ(form_value("a=1&scope=events%3Awrite+all&b=%zz%4", "scope"), "events:write all");
  EXPECT_EQ(form_value("a=1&scope=events%3Awrite+all&b=%zz%4", "b"), "%zz%4");
  EXPECT_EQ(form_value("a=1", "missing"), "");
  EXPECT_EQ(form_value("a", "a"), "");
}

}  // namespace
}  // namespace exporter::lab
