// What values mean: required ones, odd ones that the incumbent took, dangerous ones.
#include <gtest/gtest.h>

#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

std::string only_problem(std::string_view text) {
  const Lines lines = printed(load_with(text));
  return lines.size() == 1 ? lines.front() : std::to_string(lines.size()) + " problems";
}

TEST(Values, ClusterMustHaveAName) {
  EXPECT_EQ(
      printed(load_text("[exporter]\nmetadata.cluster = \"\"\nsink.endpoint = \"https://s\"\noidc = { token_url = "
                        "\"https://i\", client_id = \"e\", scope = \"s\" }\ndatastore = { provider = \"sqlite\", path "
                        "= \"/d\" }\n")),
      Lines{"config.toml:2: exporter.metadata.cluster: is required; name the cluster, like cluster = \"prod-1\""});
}

TEST(Values, ZeroAndNegativeMeanWhatTheDocumentationSays) {
  const Loaded loaded = load_with(R"(sink.timeout = "0"
backfill.rate_limit = -5
backfill.batch_size = -1
[exporter.failure_handling]
initial_backoff = "0s"
max_backoff = "0s"
backoff_multiplier = 0
)");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.sink.timeout, Duration::zero());
  EXPECT_EQ(loaded.config.backfill.rate_limit, 0);
  EXPECT_EQ(loaded.config.backfill.batch_size, 0);
  EXPECT_EQ(loaded.config.failure_handling.max_backoff, Duration::zero());
}

TEST(Values, OddOnesOfTheIncumbentStartWithAWarning) {
  const Loaded loaded = load_with(R"(sink.timeout = "-1s"
backfill = { enabled = true, max_age = "-1h", max_events = 1, batch_size = 10001 }
[exporter.failure_handling]
max_retries = -1
initial_backoff = "-1s"
max_backoff = "-1s"
backoff_multiplier = nan
)");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(
      printed(loaded),
      (Lines{"config.toml:6: warning: exporter.sink.timeout: is negative and means no limit; write \"0s\" for no "
             "limit",
             "config.toml:7: warning: exporter.backfill.max_age: no stored event is that young, the backfill finds "
             "nothing; write it like \"720h\"",
             "config.toml:7: warning: exporter.backfill.batch_size: 10001 is more than 10000, which is used; give "
             "less",
             "config.toml:9: warning: exporter.failure_handling.max_retries: is negative and means 0: one attempt, "
             "then the event waits; give 0 or more",
             "config.toml:10: warning: exporter.failure_handling.initial_backoff: is negative and means 0s; write "
             "it like \"1s\"",
             "config.toml:11: warning: exporter.failure_handling.max_backoff: is negative and means no limit; write "
             "\"0s\" for no limit",
             "config.toml:12: warning: exporter.failure_handling.backoff_multiplier: is not a usable factor, the "
             "delay stays constant; give 0 for a constant delay, or 1 or more"}));
  EXPECT_EQ(loaded.config.sink.timeout, Duration::zero());
  EXPECT_EQ(loaded.config.backfill.max_age, Duration::zero());
  EXPECT_EQ(loaded.config.backfill.batch_size, 10000);
  EXPECT_EQ(loaded.config.failure_handling.max_retries, 0);
  EXPECT_EQ(loaded.config.failure_handling.initial_backoff, Duration::zero());
  EXPECT_EQ(loaded.config.failure_handling.max_backoff, Duration::zero());
  EXPECT_EQ(loaded.config.failure_handling.backoff_multiplier, 0);
}

TEST(Values, BackfillNeedsALimitOnlyWhenEnabled) {
  EXPECT_EQ(printed(load_with("backfill.max_events = 0\n")), Lines{});
  EXPECT_EQ(
      only_problem("backfill.enabled = true\n"),
      "config.toml:6: exporter.backfill.max_events: is 0, but the backfill is enabled; give a number above 0, like "
      "1000000, or set exporter.backfill.enabled = false");
}

TEST(Values, ResumeTokenIsNotRequired) { EXPECT_EQ(printed(load_text(kMinimal)), Lines{}); }

TEST(Values, OwnKeysAreStrict) {
  EXPECT_EQ(only_problem("delivery.queue_bytes = 65535\n"),
            "config.toml:6: exporter.delivery.queue_bytes: 65535 is out of range; give 65536 to 4294967296 bytes");
  EXPECT_EQ(
      only_problem("delivery.ordering_relax_after = -1\n"),
      "config.toml:6: exporter.delivery.ordering_relax_after: is negative; give 0 for never, or a number of events");
  EXPECT_EQ(only_problem("checkpoint.interval = \"0s\"\n"),
            "config.toml:6: exporter.checkpoint.interval: 0s is not above 0; write it like \"1s\"");
  EXPECT_EQ(only_problem("shutdown.drain_timeout = \"-1ms\"\n"),
            "config.toml:6: exporter.shutdown.drain_timeout: is negative; write \"0s\" for no waiting, or a time like "
            "\"20s\"");
  EXPECT_EQ(only_problem("lease.term = \"999ms\"\n"),
            "config.toml:6: exporter.lease.term: 999ms is out of range; give \"1s\" to \"1h\"");
  EXPECT_FALSE(load_with("lease.term = \"61m\"\n").ok());
  EXPECT_TRUE(load_with("lease.term = \"1s\"\n").ok());
  EXPECT_EQ(only_problem("readiness.max_export_lag = \"-1s\"\n"),
            "config.toml:6: exporter.readiness.max_export_lag: is negative; write \"0s\" for no limit, or a time like "
            "\"1h\"");
  EXPECT_EQ(load_with("readiness.max_export_lag = \"0s\"\n").config.readiness.max_export_lag, Duration::zero());
  EXPECT_TRUE(load_with("shutdown.drain_timeout = \"0s\"\ndelivery.queue_bytes = 65536\n").ok());
}

std::string file_with_endpoints(std::string_view sink, std::string_view token) {
  return "[exporter]\nmetadata.cluster = \"c\"\nsink.endpoint = \"" + std::string(sink) + "\"\noidc.token_url = \"" +
         std::string(token) +
         "\"\noidc.client_id = \"e\"\noidc.scope = \"s\"\ndatastore = { provider = \"sqlite\", path = \"/d\" }\n";
}

TEST(Values, PlainHttpIsDoubtedUnlessItStaysOnTheMachine) {
  EXPECT_EQ(
      printed(load_text(file_with_endpoints("http://sink:8080/e", "http://idp/token"))),
      (Lines{"config.toml:3: warning: exporter.sink.endpoint: the access token travels unencrypted; use https",
             "config.toml:4: warning: exporter.oidc.token_url: the client secret travels unencrypted; use https"}));
  EXPECT_EQ(printed(load_text(file_with_endpoints("http://127.0.0.1:1/e", "http://localhost/token"))), Lines{});
}

TEST(Values, UserInfoAndFragmentNeverReachTheConfig) {
  const Loaded loaded = load_text(file_with_endpoints("https://u:p@sink/e#f", "https://idp/token"));
  EXPECT_EQ(loaded.config.sink.endpoint, "https://sink/e");
  EXPECT_EQ(printed(loaded),
            (Lines{"config.toml:3: warning: exporter.sink.endpoint: the user and password in it are not "
                   "sent; remove them from the URL",
                   "config.toml:3: warning: exporter.sink.endpoint: the part after # is not sent; remove "
                   "it from the URL"}));
}

TEST(Values, UncheckedCertificatesAreDoubted) {
  EXPECT_EQ(
      printed(load_with("sink.insecure_skip_verify = true\nsink.ca_file = \"/ca\"\n")),
      (Lines{"config.toml:6: warning: exporter.sink.insecure_skip_verify: the server's certificate is not checked; "
             "use ca_file for an authority of your own",
             "config.toml:7: warning: exporter.sink.ca_file: has no effect while insecure_skip_verify is true; "
             "remove one of them"}));
}

}  // namespace
}  // namespace exporter::config
