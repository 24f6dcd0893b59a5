#include "config/report.h"

#include <gtest/gtest.h>

#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

TEST(Report, ShowsProblemsValuesWithOriginsNotesAndAVerdict) {
  Loaded loaded;
  loaded.problems = {{Severity::error, "config.toml", 12, "exporter.sink.timeout", "\"30 seconds\" is not a duration",
                      R"(write it like "30s", "1m30s" or "500ms")"},
                     {Severity::warning, "environment", 0, "LOG_LEVEL", "is odd", ""}};
  loaded.settings = {{"--workers", "10", "flag --workers"}, {"exporter.sink.timeout", "30s", "default"}};
  loaded.notes = {{"exporter.resume_token.database", "config.toml:20", "does nothing"}};
  EXPECT_EQ(
      render_report(loaded),
      R"(config.toml:12: exporter.sink.timeout: "30 seconds" is not a duration; write it like "30s", "1m30s" or "500ms"
environment: warning: LOG_LEVEL: is odd

Effective configuration:
  --workers              10   flag --workers
  exporter.sink.timeout  30s  default

Settings that do something else than in NVIDIA's event-exporter, or nothing:
  exporter.resume_token.database (config.toml:20): does nothing

1 error, 1 warning: event-exporter does not start with this configuration
)");
}

TEST(Report, OfAGoodFileEndsWithItsVerdict) {
  const std::string report = render_report(load_text(kMinimal));
  EXPECT_TRUE(report.starts_with("Effective configuration:\n  --config ")) << report;
  EXPECT_TRUE(report.ends_with("\n0 errors, 0 warnings: event-exporter starts with this configuration\n")) << report;
}

TEST(Report, HoldsNoSecretOfAnyUrl) {
  const Loaded loaded = load_with("[exporter.Sink]\nendpoint = \"https://a\"\n[EXPORTER.oidc]\n",
                                  {{"MONGODB_URI", "mongodb://u:s3cret@h"}, {"DATASTORE_PASSWORD", "s3cret"}});
  EXPECT_EQ(render_report(loaded).find("s3cret"), std::string::npos);
  const Loaded urls = load_text(
      "[exporter]\nsink.endpoint = \"https://u:s3cret@h/p?k=s3cret#s3cret\"\n"
      "oidc.token_url = \"htps://u:s3cret@h?s3cret\"\n");
  const std::string report = render_report(urls);
  EXPECT_EQ(report.find("s3cret"), std::string::npos) << report;
  EXPECT_NE(report.find("\"https://h/p?k=***\""), std::string::npos) << report;
}

TEST(Report, NamesEverySettingThatDoesSomethingElse) {
  const Loaded loaded = load_text(read_source("config/event-exporter.example.toml"));
  std::vector<std::string> keys;
  for (const Note& note : loaded.notes) {
    keys.push_back(note.key);
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"exporter.backfill.batch_size", "exporter.backfill.max_events",
                                            "exporter.resume_token.database", "exporter.resume_token.collection",
                                            "exporter.failure_handling.max_retries",
                                            "exporter.failure_handling.max_backoff"}));
}

}  // namespace
}  // namespace exporter::config
