// The credentials against a real token endpoint on the loopback. Each test ends with a search for secrets in the log.
#include "auth/oidc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "auth/token_response.h"
#include "observability/log.h"
#include "support/manual_clock.h"
#include "test_certificate.h"
#include "token_server.h"

namespace exporter::auth {
namespace {

using namespace std::chrono_literals;
using exporter::testing::ManualClock;
using ::testing::HasSubstr;
using ::testing::Not;

class OidcTest : public ::testing::Test {
 protected:
  const std::string dir_ = ::testing::TempDir() + "oidc_test_" + std::to_string(::getpid());
  TokenServer server_;
  ManualClock clock_;
  OidcOptions options_{
      .token_url = server_.url(), .client_id = "x", .scope = "events:write", .secret_path = dir_ + "/secret"};
  std::unique_ptr<OidcCredentials> credentials_;
  std::string log_;

  void SetUp() override {
    std::filesystem::create_directory(dir_);
    write_secret("s3cret\n");
    log::init(log::Level::debug, "dev");
    ::testing::internal::CaptureStderr();
  }

  void TearDown() override {
    credentials_.reset();
    read_log();
    for (const char* hidden : {"s3cret", "r0tated", "token-", "czNjcmV0", "eDpzM2NyZXQ", "Basic", "Bearer"}) {
      EXPECT_THAT(log_, Not(HasSubstr(hidden)));
    }
    std::filesystem::remove_all(dir_);
  }

  void read_log() {
    if (log_.empty()) {
      log_ = ::testing::internal::GetCapturedStderr();
    }
  }

  void write_secret(const std::string& content) {
    std::ofstream(options_.secret_path, std::ios::binary | std::ios::trunc) << content;
  }

  void create() {
    auto made = OidcCredentials::create(options_, clock_,
                                        {.failed = [this] { ++failed_fetches_; },
                                         .fetched = [this](MonoTime ends_at) { ends_at_ = ends_at; },
                                         .gone = [this] { ++gone_; }});
    ASSERT_TRUE(made) << made.error().message;
    credentials_ = std::move(*made);
    credentials_->on_change([this] {
      const std::lock_guard lock(mutex_);
      ++changes_;
      changed_.notify_all();
    });
  }

  void start() {
    create();
    credentials_->start();
  }

  // Blocks until the condition holds after some change; false after ten seconds.
  template <class Condition>
  bool wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, condition);
  }
  bool wait_for_token(const std::string& value) {
    return wait_until([&] {
      const auto token = credentials_->current();
      return token && token->value == value;
    });
  }
  bool wait_for_failures(int count) {
    return wait_until([&] { return failed_fetches_ >= count; });
  }

  std::string failure_message() {
    start();
    EXPECT_TRUE(wait_for_failures(1));
    EXPECT_EQ(credentials_->current(), nullptr);
    credentials_->stop();
    read_log();
    const std::string key = "\"error\":\"";
    const std::size_t begin = log_.find(key) + key.size();
    return log_.substr(begin, log_.find('"', begin) - begin);
  }

  std::atomic<int> failed_fetches_ = 0;
  std::atomic<int> gone_ = 0;
  std::atomic<MonoTime> ends_at_ = MonoTime{};
  std::mutex mutex_;
  std::condition_variable changed_;
  int changes_ = 0;
};

TEST_F(OidcTest, SendsTheRecordedRequest) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  EXPECT_EQ(credentials_->current()->generation, 1U);
  EXPECT_EQ(server_.requests(),
            (std::vector<TokenServer::Seen>{{"POST", "application/x-www-form-urlencoded", "Basic eDpzM2NyZXQ=",
                                             "grant_type=client_credentials&scope=events%3Awrite"}}));
}

TEST_F(OidcTest, SendsOddCharactersAsRecorded) {
  options_.client_id = "client:\u00e9 id+1";
  options_.scope = "events:write api://x/.default a+b";
  write_secret("  p%40ss: w+rd=\u00e9 \n");
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  EXPECT_EQ(server_.requests(),
            (std::vector<TokenServer::Seen>{
                {"POST", "application/x-www-form-urlencoded", "Basic Y2xpZW50OsOpIGlkKzE6cCU0MHNzOiB3K3JkPcOp",
                 "grant_type=client_credentials&scope=events%3Awrite+api%3A%2F%2Fx%2F.default+a%2Bb"}}));
}

TEST_F(OidcTest, SendsTheClientInTheBodyIfAsked) {
  options_.client_auth = ClientAuth::post;
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  EXPECT_EQ(server_.requests(),
            (std::vector<TokenServer::Seen>{
                {"POST", "application/x-www-form-urlencoded", "",
                 "client_id=x&client_secret=s3cret&grant_type=client_credentials&scope=events%3Awrite"}}));
}

TEST_F(OidcTest, LogsTheStartAsTheIncumbent) {
  options_.token_url = "http://user:s3cret@127.0.0.1:1/token?s3cret";
  create();
  credentials_.reset();
  read_log();
  EXPECT_THAT(log_, HasSubstr(R"("msg":"OIDC token provider initialized","module":"event-exporter","version":"dev",)"
                              R"("tokenURL":"http://127.0.0.1:1/token","clientID":"x","scope":"events:write"})"));
}

TEST_F(OidcTest, RefreshesAheadWhileTheOldTokenIsUsed) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  server_.cork();
  clock_.advance(80s);
  ASSERT_TRUE(server_.wait_for_requests(2));
  EXPECT_EQ(credentials_->current()->value, "token-1");
  server_.uncork();
  ASSERT_TRUE(wait_for_token("token-2"));
  EXPECT_EQ(credentials_->current()->generation, 2U);
}

TEST_F(OidcTest, GivesNoTokenAfterItsEnd) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  server_.answer(503, "");
  clock_.advance(99s);
  ASSERT_TRUE(wait_for_failures(1));
  EXPECT_EQ(credentials_->current()->value, "token-1");
  clock_.advance(1s);
  EXPECT_EQ(credentials_->current(), nullptr);
  server_.answer(200, R"({"access_token":"token-new","expires_in":100})");
  clock_.advance(30s);
  EXPECT_TRUE(wait_for_token("token-new"));
}

TEST_F(OidcTest, FetchesOnceForFiftyConcurrentRejections) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  clock_.advance(61s);
  server_.cork();
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 50; ++i) {
      senders.emplace_back([this] { credentials_->reject(1); });
    }
  }
  EXPECT_EQ(credentials_->current(), nullptr);
  server_.uncork();
  ASSERT_TRUE(wait_for_token("token-2"));
  credentials_->reject(1);
  EXPECT_EQ(credentials_->current()->value, "token-2");
  credentials_->stop();
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(OidcTest, DoesNotHammerWhenEveryTokenIsRejected) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  credentials_->reject(1);
  ASSERT_TRUE(wait_for_token("token-2"));
  credentials_->reject(2);
  ASSERT_TRUE(wait_until([this] { return changes_ >= 4; }));
  EXPECT_EQ(server_.requests().size(), 2U);
  clock_.advance(1s);
  ASSERT_TRUE(wait_for_token("token-3"));
}

TEST_F(OidcTest, TakesARotatedSecret) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  // As Kubernetes does it: the path becomes another file.
  std::ofstream(dir_ + "/new", std::ios::binary) << "r0tated";
  std::filesystem::rename(dir_ + "/new", options_.secret_path);
  clock_.advance(80s);
  ASSERT_TRUE(wait_for_token("token-2"));
  EXPECT_EQ(server_.requests()[1].authorization, "Basic eDpyMHRhdGVk");
}

TEST_F(OidcTest, KeepsTheSecretWhileItsFileIsGone) {
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  std::filesystem::remove(options_.secret_path);
  clock_.advance(80s);
  ASSERT_TRUE(wait_for_token("token-2"));
  EXPECT_EQ(server_.requests()[1].authorization, server_.requests()[0].authorization);
}

TEST_F(OidcTest, RetriesAndSaysThatItSucceeded) {
  server_.answer(500, "oops");
  start();
  ASSERT_TRUE(wait_for_failures(1));
  clock_.advance(1s);
  ASSERT_TRUE(wait_for_failures(2));
  server_.answer(200, R"({"access_token":"token-9"})");
  clock_.advance(2s);
  ASSERT_TRUE(wait_for_token("token-9"));
  credentials_->stop();
  read_log();
  EXPECT_THAT(log_, HasSubstr(R"("level":"WARN","msg":"Token fetch failed, will retry","module":"event-exporter",)"
                              R"("version":"dev","attempt":1,"statusCode":500,)"
                              R"("error":"the token endpoint answered 500","retryIn":)"));
  EXPECT_THAT(log_, HasSubstr(R"("msg":"Token fetch succeeded after retry","module":"event-exporter",)"
                              R"("version":"dev","attempt":3})"));
}

TEST_F(OidcTest, NamesTheErrorCodeButNotTheAnswer) {
  server_.answer(401, R"({"error":"invalid_client","error_description":"s3cret is wrong"})");
  EXPECT_EQ(
      failure_message(),
      "the token endpoint answered 401 (invalid_client); check exporter.oidc.client_id and the client secret file");
}

TEST_F(OidcTest, NamesTooManyRequests) {
  server_.answer(429, "slow down, s3cret");
  EXPECT_EQ(failure_message(), "the token endpoint answered 429");
}

TEST_F(OidcTest, RefusesGarbage) {
  server_.answer(200, "<html>s3cret</html>");
  EXPECT_EQ(failure_message(), "the token endpoint's answer is not a JSON object");
}

TEST_F(OidcTest, RefusesAnEndlessAnswer) {
  server_.answer(200, std::string(kMaxAnswerBytes + 1, ' '));
  EXPECT_EQ(failure_message(), "no token from the token endpoint: its answer is longer than 65536 bytes");
}

TEST_F(OidcTest, DoesNotFollowRedirects) {
  server_.answer(302, "");
  EXPECT_EQ(failure_message(),
            "the token endpoint answered 302; redirects are not followed, correct exporter.oidc.token_url");
  EXPECT_EQ(server_.moved_requests(), 0);
}

TEST_F(OidcTest, GivesUpOnASlowAnswer) {
  options_.request_timeout = 50ms;
  server_.cork();
  EXPECT_THAT(failure_message(), HasSubstr("no token from the token endpoint: Operation timed out"));
}

TEST_F(OidcTest, SaysThatNobodyListens) {
  options_.token_url = "http://127.0.0.1:1/token";
  EXPECT_THAT(failure_message(), HasSubstr("no token from the token endpoint: Failed to connect to 127.0.0.1 port 1"));
}

TEST_F(OidcTest, IgnoresAProxyOfTheEnvironment) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  start();
  EXPECT_TRUE(wait_for_token("token-1"));
  ::unsetenv("http_proxy");
}

TEST_F(OidcTest, TellsItsObserverWhenATokenComesAndWhenItGoes) {
  const MonoTime begin = clock_.now();
  start();
  ASSERT_TRUE(wait_for_token("token-1"));
  ASSERT_TRUE(wait_until([&] { return ends_at_.load() != MonoTime{}; }));
  EXPECT_EQ(ends_at_.load() - begin, 100s);
  EXPECT_EQ(gone_, 0);
  server_.cork();
  credentials_->reject(1);
  EXPECT_TRUE(wait_until([&] { return gone_ == 1; }));
}

TEST_F(OidcTest, StopsAtOnceWhileARequestHangs) {
  server_.cork();
  start();
  ASSERT_TRUE(server_.wait_for_requests(1));
  const auto begin = std::chrono::steady_clock::now();
  credentials_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(failed_fetches_, 0);
}

TEST_F(OidcTest, AReplacedHandlerIsNotRunningAnyMore) {
  create();
  std::atomic<bool> inside = false;
  std::atomic<bool> replacing = false;
  std::atomic<bool> left = false;
  credentials_->on_change([&] {
    inside = true;
    inside.notify_all();
    replacing.wait(false);
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::yield();
    }
    left = true;
  });
  credentials_->start();
  inside.wait(false);
  replacing = true;
  replacing.notify_all();
  credentials_->on_change([] {});
  EXPECT_TRUE(left);
}

TEST_F(OidcTest, TrustsItsOwnCaAndNoOther) {
  const TestCertificate certificate;
  TokenServer tls_server(&certificate);
  options_.token_url = tls_server.url();
  options_.ca_file = dir_ + "/ca.pem";
  certificate.write_pem(options_.ca_file);
  start();
  EXPECT_TRUE(wait_for_token("token-1"));
  credentials_->stop();

  TestCertificate().write_pem(options_.ca_file);
  start();
  ASSERT_TRUE(wait_for_failures(1));
  credentials_->stop();

  options_.ca_file.clear();
  start();
  ASSERT_TRUE(wait_for_failures(2));
  credentials_->stop();
  EXPECT_EQ(tls_server.requests().size(), 1U);
  read_log();
  EXPECT_THAT(log_, HasSubstr("no token from the token endpoint: SSL certificate problem"));
}

TEST_F(OidcTest, SkipsVerificationOnlyWithAWarning) {
  const TestCertificate certificate;
  TokenServer tls_server(&certificate);
  options_.token_url = tls_server.url();
  options_.insecure_skip_verify = true;
  start();
  EXPECT_TRUE(wait_for_token("token-1"));
  credentials_->stop();
  read_log();
  EXPECT_THAT(log_, HasSubstr("certificate is not verified"));
}

TEST_F(OidcTest, RefusesWhatCannotWork) {
  const auto message = [this](OidcOptions options) {
    const auto made = OidcCredentials::create(std::move(options), clock_, {});
    EXPECT_FALSE(made);
    EXPECT_EQ(made ? ErrorKind::transient : made.error().kind, ErrorKind::invalid);
    return made ? "" : made.error().message;
  };
  OidcOptions options = options_;
  options.secret_path = dir_ + "/none";
  EXPECT_THAT(message(options), HasSubstr(dir_ + "/none: No such file or directory; put the client secret there"));
  options = options_;
  options.token_url = "ftp://h/token";
  EXPECT_EQ(message(options), "exporter.oidc.token_url \"ftp://h/token\" is not an http:// or https:// URL");
  options.token_url = "h/token";
  EXPECT_EQ(message(options), "exporter.oidc.token_url \"h/token\" is not an http:// or https:// URL");
  options = options_;
  options.ca_file = dir_ + "/none.pem";
  EXPECT_EQ(message(options),
            "cannot read the CA file " + dir_ + "/none.pem of exporter.oidc.ca_file: No such file or directory");
}

}  // namespace
}  // namespace exporter::auth
