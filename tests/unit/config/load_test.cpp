// How names and types are read from the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

TEST(Load, AcceptsTheIncumbentsMinimalFile) {
  const Loaded loaded = load_text(R"([exporter.metadata]
cluster = "c1"
[exporter.sink]
endpoint = "https://sink.example/events"
timeout = "45s"
[exporter.oidc]
token_url = "https://idp.example/token"
client_id = "exp"
scope = "events:write"
[exporter.backfill]
enabled = true
max_age = "1h30m"
max_events = 1e+06
batch_size = 500
rate_limit = 1000.0
[exporter.resume_token]
database = "nvsentinel"
collection = "resumetokens"
[exporter.failure_handling]
max_retries = 17
initial_backoff = "1.5s"
max_backoff = "5m"
backoff_multiplier = 2
[exporter.filter]
expression = " \t\n"
)",
                                  {{"DATASTORE_PROVIDER", "sqlite"}, {"DATASTORE_PATH", "/e.db"}});
  EXPECT_EQ(printed(loaded), Lines{});
  const Config& config = loaded.config;
  EXPECT_EQ(config.metadata, (std::vector<std::pair<std::string, std::string>>{{"cluster", "c1"}}));
  EXPECT_EQ(config.sink.endpoint, "https://sink.example/events");
  EXPECT_EQ(config.sink.timeout, std::chrono::seconds(45));
  EXPECT_EQ(config.oidc.token_url, "https://idp.example/token");
  EXPECT_EQ(config.oidc.client_id, "exp");
  EXPECT_EQ(config.oidc.scope, "events:write");
  EXPECT_TRUE(config.backfill.enabled);
  EXPECT_EQ(config.backfill.max_age, std::chrono::minutes(90));
  EXPECT_EQ(config.backfill.max_events, 1'000'000);
  EXPECT_EQ(config.backfill.batch_size, 500);
  EXPECT_EQ(config.backfill.rate_limit, 1000);
  EXPECT_EQ(config.failure_handling.max_retries, 17);
  EXPECT_EQ(config.failure_handling.initial_backoff, std::chrono::milliseconds(1500));
  EXPECT_EQ(config.failure_handling.max_backoff, std::chrono::minutes(5));
  EXPECT_EQ(config.failure_handling.backoff_multiplier, 2.0);
}

TEST(Load, ReadsOurOwnKeys) {
  const Loaded loaded = load_with(R"(event = { id_mode = "random", payload_version = "numeric-action" }
delivery = { ordering = "strict", ordering_relax_after = 5, queue_bytes = 1048576 }
checkpoint.interval = "250ms"
shutdown.drain_timeout = "5s"
sink.ca_file = "/ca.pem"
oidc.client_auth = "client_secret_post"
)");
  // A dotted key cannot add to an inline table.
  EXPECT_FALSE(loaded.ok());
  const Loaded good = load_with(R"(event = { id_mode = "random", payload_version = "numeric-action" }
delivery = { ordering = "strict", ordering_relax_after = 5, queue_bytes = 1048576 }
checkpoint.interval = "250ms"
shutdown.drain_timeout = "5s"
lease = { enabled = false, term = "1h" }
sink.ca_file = "/ca.pem"
)");
  EXPECT_EQ(printed(good), Lines{});
  EXPECT_EQ(good.config.event.id_mode, IdMode::random);
  EXPECT_EQ(good.config.event.payload_version, PayloadVersion::numeric_action);
  EXPECT_EQ(good.config.delivery.ordering, Ordering::strict);
  EXPECT_EQ(good.config.delivery.ordering_relax_after, 5);
  EXPECT_EQ(good.config.delivery.queue_bytes, 1048576);
  EXPECT_EQ(good.config.checkpoint.interval, std::chrono::milliseconds(250));
  EXPECT_EQ(good.config.shutdown.drain_timeout, std::chrono::seconds(5));
  EXPECT_FALSE(good.config.lease.enabled);
  EXPECT_EQ(good.config.lease.term, std::chrono::hours(1));
  EXPECT_EQ(good.config.sink.ca_file, "/ca.pem");
}

TEST(Load, MatchesNamesInAnyCaseAfterTheExactOne) {
  const Loaded loaded = load_with("[EXPORTER.Sink]\nTimeout = \"7s\"\n[exporter.Metadata]\nCluster = \"C\"\n");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.sink.timeout, std::chrono::seconds(7));
  EXPECT_EQ(loaded.config.metadata,
            (std::vector<std::pair<std::string, std::string>>{{"Cluster", "C"}, {"cluster", "c1"}}));
  EXPECT_EQ(setting(loaded, "exporter.sink.timeout"), "7s | config.toml:7");
}

TEST(Load, PrefersTheExactSpellingOfTwo) {
  const Loaded loaded = load_with(
      "sink.TIMEOUT = \"1s\"\nsink.timeout = \"2s\"\nmetadata.zone = \"a\"\n"
      "Metadata.zone = \"b\"\n");
  EXPECT_EQ(loaded.config.sink.timeout, std::chrono::seconds(2));
  EXPECT_EQ(loaded.config.metadata.back().second, "a");
  EXPECT_EQ(printed(loaded),
            (Lines{"config.toml:6: warning: exporter.sink.TIMEOUT: is given twice, this one is ignored; keep "
                   "exporter.sink.timeout",
                   "config.toml:9: warning: exporter.metadata.zone: is given twice, this one is ignored; keep one of "
                   "them"}));
}

TEST(Load, WarnsOfUnknownNamesAndStarts) {
  const Loaded loaded = load_with("sink.timeot = \"1s\"\nmetrics.port = 1\n[colour]\nred = 1\n");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(printed(loaded), (Lines{"config.toml:6: warning: exporter.sink.timeot: unknown key, ignored; did you mean "
                                    "exporter.sink.timeout?",
                                    "config.toml:7: warning: exporter.metrics: unknown table, ignored",
                                    "config.toml:8: warning: colour: unknown table, ignored"}));
}

TEST(Load, ReportsASyntaxErrorWithItsLineAndNothingThatFollowsFromIt) {
  const Loaded loaded = load_text("[exporter]\nsink.endpoint = \n");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].line, 2U);
  EXPECT_TRUE(loaded.problems[0].message.starts_with("not valid TOML: ")) << loaded.problems[0].message;
  EXPECT_EQ(loaded.problems[0].file, "config.toml");
}

TEST(Load, ReportsARepeatedKeyAndBytesThatAreNotText) {
  const Loaded repeated = load_with("sink.timeout = \"1s\"\nsink.timeout = \"2s\"\n");
  ASSERT_EQ(repeated.problems.size(), 1U);
  EXPECT_EQ(repeated.problems[0].line, 7U);
  EXPECT_FALSE(load_text(std::string("a = \"\xff\"")).ok());
  EXPECT_FALSE(load_text(std::string("\0", 1)).ok());
  EXPECT_FALSE(load_with("backfill.max_events = 9223372036854775808\n").ok());
}

TEST(Load, WantsTablesWhereTablesBelong) {
  EXPECT_THAT(printed(load_text("exporter = 1\n")),
              testing::Contains("config.toml:1: exporter: is a number, not a table; write it as [exporter]"));
  EXPECT_THAT(printed(load_text("[[exporter]]\n")),
              testing::Contains("config.toml:1: exporter: is an array, not a table; write it as [exporter]"));
  EXPECT_EQ(printed(load_with("backfill = true\n")),
            Lines{"config.toml:6: exporter.backfill: is a boolean, not a table; write it as [exporter.backfill]"});
}

TEST(Load, TakesWholeNumbersInEveryForm) {
  const auto max_events = [](std::string_view text) {
    const Loaded loaded = load_with("backfill.max_events = " + std::string(text) + "\n");
    return loaded.ok() ? loaded.config.backfill.max_events : -1;
  };
  EXPECT_EQ(max_events("1000000"), 1'000'000);
  EXPECT_EQ(max_events("1_000"), 1'000);
  EXPECT_EQ(max_events("0x10"), 16);
  EXPECT_EQ(max_events("1e+06"), 1'000'000);
  EXPECT_EQ(max_events("1000000.0"), 1'000'000);
  EXPECT_EQ(max_events("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"1.5", "1e19", "9223372036854775808.0", "inf", "nan", "\"1\"", "true"}) {
    EXPECT_EQ(max_events(text), -1) << text;
  }
}

TEST(Load, KeepsOneErrorForOneKey) {
  const Loaded loaded = load_with("backfill.enabled = true\nbackfill.max_events = \"many\"\n");
  EXPECT_EQ(printed(loaded),
            Lines{"config.toml:7: exporter.backfill.max_events: is a string, not a whole number; write "
                  "it in digits without quotes"});
}

TEST(Load, ReportsAllProblemsAtOnceInTheOrderOfTheFile) {
  Flags flags;
  flags.metrics_port = "x";
  const Loaded loaded = load_text(
      "[exporter.sink]\ntimeout = \"soon\"\nendpoint = \"h\"\n[exporter.delivery]\n"
      "ordering = \"nodes\"\n",
      {{"DATASTORE_PROVIDER", "oracle"}}, flags);
  EXPECT_EQ(
      printed(loaded),
      (Lines{"config.toml: exporter.metadata.cluster: is required; name the cluster, like cluster = \"prod-1\"",
             "config.toml: exporter.oidc.token_url: is required; write it like "
             "\"https://auth.example.com/oauth2/token\"",
             "config.toml: exporter.oidc.client_id: is required; give the id of the client at the identity "
             "provider",
             "config.toml: exporter.oidc.scope: is required; give the scope to ask for, like \"events:write\"",
             "config.toml:2: exporter.sink.timeout: \"soon\" is not a duration; write it like \"30s\", \"1m30s\" or "
             "\"500ms\"",
             "config.toml:3: exporter.sink.endpoint: \"h\" does not start with http:// or https://; write it like "
             "\"https://events.example.com/api/v1/events\"",
             "config.toml:5: exporter.delivery.ordering: \"nodes\" is not known; write \"node\", \"none\" or "
             "\"strict\"",
             "environment: DATASTORE_PROVIDER: \"oracle\" is not known; set it to \"sqlite\", \"mongodb\" or "
             "\"postgresql\"",
             "command line: --metrics-port: \"x\" is not a port; give a number of 0 to 65535 (0 = any free "
             "port)"}));
}

TEST(Load, TakesAFilterThatCompiles) {
  const Loaded loaded = load_with("filter.expression = \"event.recommendedAction != 'NONE'\"\n");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.filter.expression, "event.recommendedAction != 'NONE'");
  EXPECT_TRUE(load_with("[exporter.filter]\n").ok());
  EXPECT_TRUE(load_with("filter.Expression = \"event.isFatal == true\"\n").ok());
}

TEST(Load, RefusesAFilterThatDoesNotAndShowsThePlace) {
  EXPECT_EQ(
      printed(load_with("filter.expression = \"event.isFatal\"\n")),
      Lines{"config.toml:6: exporter.filter.expression: column 1: the expression must return boolean, and a bare field "
            "counts as a value of any type; write event.isFatal == true\n    event.isFatal\n    ^~~~~~~~~~~~~"});
  EXPECT_EQ(printed(load_with("filter.expression = \"\"\"\nevent.isFatal == true &&\n  event.agent = 'x'\"\"\"\n")),
            Lines{"config.toml:6: exporter.filter.expression: line 2 of it, column 15: this character has no meaning "
                  "here; \"equals\" is written ==\n      event.agent = 'x'\n                  ^"});
  EXPECT_EQ(printed(load_with("filter.exclude = \"x\"\n")),
            Lines{"config.toml:6: exporter.filter.exclude: is unknown, and what it should hold back would be exported; "
                  "write the filter as exporter.filter.expression, or remove the key"});
  EXPECT_FALSE(load_with("filter.expression = [\"true\"]\n").ok());
}

TEST(Load, WarnsOfAFilterThatCannotHaveBeenMeant) {
  const Loaded loaded = load_with("filter.expression = \"event.errorCode == '45'\"\n");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(
      printed(loaded),
      Lines{
          "config.toml:6: warning: exporter.filter.expression: column 17: \"==\" compares list(string) with string, so "
          "it is always false; write '45' in event.errorCode\n    event.errorCode == '45'\n                    ^~"});
}

TEST(Load, MetadataIsSortedAndHoldsAnyKey) {
  const Loaded loaded = load_with(
      "[exporter.metadata2]\n[other]\n[EXPORTER.METADATA]\n\"b/x.y\" = \"2\"\n\"\" = \"e\"\n"
      "a = \"1\"\n");
  EXPECT_EQ(loaded.config.metadata, (std::vector<std::pair<std::string, std::string>>{
                                        {"", "e"}, {"a", "1"}, {"b/x.y", "2"}, {"cluster", "c1"}}));
}

}  // namespace
}  // namespace exporter::config
