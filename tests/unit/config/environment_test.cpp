#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

Flags with_port(std::string port) {
  Flags flags;
  flags.metrics_port = std::move(port);
  return flags;
}
Flags with_workers(std::int64_t workers) {
  Flags flags;
  flags.workers = workers;
  return flags;
}

TEST(Flags, HaveTheIncumbentsDefaults) {
  const Loaded loaded = load({}, kMinimal, environment_of({}));
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(setting(loaded, "--config"), "\"/etc/config/config.toml\" | default");
  EXPECT_EQ(setting(loaded, "--metrics-port"), "2112 | default");
  EXPECT_EQ(setting(loaded, "--oidc-secret-path"), "\"/var/secrets/oidc-client-secret\" | default");
  EXPECT_EQ(setting(loaded, "--workers"), "1 | default");
}

TEST(Flags, AreTakenWithTheirOrigin) {
  const Loaded loaded = load_text(kMinimal, {}, Flags{"config.toml", "9090", "/run/secret", 10});
  EXPECT_EQ(loaded.config.metrics_port, 9090);
  EXPECT_EQ(loaded.config.oidc_secret_path, "/run/secret");
  EXPECT_EQ(loaded.config.workers, 10U);
  EXPECT_EQ(loaded.config.config_path, "config.toml");
  EXPECT_EQ(setting(loaded, "--workers"), "10 | flag --workers");
}

TEST(Flags, MetricsPortIsZeroTo65535) {
  EXPECT_EQ(load_text(kMinimal, {}, with_port("0")).config.metrics_port, 0);
  EXPECT_EQ(load_text(kMinimal, {}, with_port("+65535")).config.metrics_port, 65535);
  for (const char* text : {"", "65536", "-1", "http", "80x", " 80", "99999999999999999999", "8.0"}) {
    EXPECT_EQ(printed(load_text(kMinimal, {}, with_port(text))),
              Lines{"command line: --metrics-port: \"" + std::string(text) +
                    "\" is not a port; give a number of 0 to 65535 (0 = any free port)"});
  }
}

TEST(Flags, WorkersOfZeroOrLessMeanOne) {
  EXPECT_EQ(load_text(kMinimal, {}, with_workers(0)).config.workers, 1U);
  EXPECT_EQ(load_text(kMinimal, {}, with_workers(-7)).config.workers, 1U);
  const Loaded many = load_text(kMinimal, {}, with_workers(5'000'000'000));
  EXPECT_EQ(many.config.workers, 4096U);
  EXPECT_EQ(printed(many),
            Lines{"command line: warning: --workers: 5000000000 is more than 4096, which is used; give fewer"});
}

TEST(Datastore, EnvironmentWinsOverTheFile) {
  const Loaded loaded = load_text(kMinimal, {{"DATASTORE_PROVIDER", "SQLite"}, {"DATASTORE_PATH", "/other.db"}});
  EXPECT_EQ(loaded.config.datastore.provider, Provider::sqlite);
  EXPECT_EQ(loaded.config.datastore.path, "/other.db");
  EXPECT_EQ(setting(loaded, "exporter.datastore.provider"), "sqlite | environment DATASTORE_PROVIDER");
  EXPECT_EQ(setting(loaded, "exporter.datastore.path"), "\"/other.db\" | environment DATASTORE_PATH");
  EXPECT_EQ(printed(loaded), Lines{"config.toml:5: warning: exporter.datastore.path: DATASTORE_PATH is set and wins; "
                                   "remove one of them"});
}

TEST(Datastore, NeedsNothingInTheFile) {
  const std::string text = without_datastore();
  EXPECT_EQ(printed(load_text(text, {{"DATASTORE_PROVIDER", "sqlite"}, {"DATASTORE_PATH", "/e.db"}})), Lines{});
  EXPECT_EQ(
      printed(load_text(text, {{"DATASTORE_PROVIDER", "sqlite"}})),
      Lines{"config.toml: exporter.datastore.path: is required; give the file of the sqlite datastore, here or by "
            "DATASTORE_PATH"});
}

TEST(Datastore, RefusesWhatIsNotBuiltIn) {
  EXPECT_EQ(
      printed(load_text(kMinimal, {{"DATASTORE_PROVIDER", "postgresql"}})),
      (Lines{"config.toml:5: warning: exporter.datastore.provider: DATASTORE_PROVIDER is set and wins; remove one "
             "of them",
             "environment: DATASTORE_PROVIDER: \"postgresql\" is not built into this version; set it to "
             "\"mongodb\" or \"sqlite\", here or by DATASTORE_PROVIDER"}));
  EXPECT_EQ(printed(load_text(kMinimal, {{"DATASTORE_PROVIDER", "oracle"}})).back(),
            "environment: DATASTORE_PROVIDER: \"oracle\" is not known; set it to \"sqlite\", \"mongodb\" or "
            "\"postgresql\"");
}

TEST(Environment, EmptyMeansUnset) {
  const Loaded loaded = load_text(kMinimal, {{"DATASTORE_PROVIDER", ""},
                                             {"DATASTORE_PATH", ""},
                                             {"DATASTORE_YAML", ""},
                                             {"LOG_LEVEL", ""},
                                             {"OTEL_EXPORTER_OTLP_ENDPOINT", ""},
                                             {"MONGODB_URI", ""}});
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.notes, std::vector<Note>{});
  EXPECT_EQ(loaded.config.datastore.path, "/data/events.db");
}

TEST(Environment, LogLevelIsKeptAsGivenAndDoubtedWhenUnknown) {
  EXPECT_EQ(load_text(kMinimal, {{"LOG_LEVEL", " WARN "}}).config.log_level, " WARN ");
  EXPECT_EQ(printed(load_text(kMinimal, {{"LOG_LEVEL", " Warning "}})), Lines{});
  EXPECT_EQ(
      printed(load_text(kMinimal, {{"LOG_LEVEL", "trace"}})),
      Lines{"environment: warning: LOG_LEVEL: \"trace\" is not a level, info is used; set it to debug, info, warn "
            "or error"});
}

TEST(Environment, LogFormatIsKeptAsGivenAndDoubtedWhenUnknown) {
  EXPECT_EQ(load_text(kMinimal, {{"LOG_FORMAT", " Text "}}).config.log_format, " Text ");
  EXPECT_EQ(printed(load_text(kMinimal, {{"LOG_FORMAT", "JSON"}})), Lines{});
  EXPECT_EQ(printed(load_text(kMinimal, {{"LOG_FORMAT", "logfmt"}})),
            Lines{"environment: warning: LOG_FORMAT: \"logfmt\" is not a format; text is used on a terminal, and JSON "
                  "elsewhere; set it to json or text"});
}

TEST(Environment, NamesVariablesThatDoNothing) {
  const Loaded loaded = load_text(kMinimal, {{"MONGODB_URI", "mongodb://u:s3cret@h"}, {"MONGODB_TLS_ENABLED", "true"}});
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.notes,
            (std::vector<Note>{
                {"MONGODB_TLS_ENABLED", "environment", "read by no part of the incumbent's exporter, nor by this one"},
                {"MONGODB_URI", "environment", "belongs to a datastore that is not in use"}}));
}

TEST(LoadFile, ReportsAFileThatCannotBeReadWithoutGuessingAtItsContents) {
  Flags flags;
  flags.config_path = "/nonexistent/config.toml";
  flags.metrics_port = "x";
  EXPECT_EQ(printed(load_file(flags, environment_of({}))),
            (Lines{"/nonexistent/config.toml: cannot be read: No such file or directory; name the configuration file "
                   "with --config",
                   "command line: --metrics-port: \"x\" is not a port; give a number of 0 to 65535 (0 = any free "
                   "port)"}));
  flags = Flags{};
  flags.config_path = EXPORTER_SOURCE_DIR;
  EXPECT_FALSE(load_file(flags, environment_of({})).ok());
}

TEST(LoadFile, RefusesAFileThatIsTooLarge) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "large.toml";
  std::ofstream(path) << kMinimal << std::string((1 << 20) + 1, '#');
  Flags flags;
  flags.config_path = path.string();
  EXPECT_EQ(
      printed(load_file(flags, environment_of({}))),
      Lines{path.string() + ": cannot be read: it is larger than 1 MiB; name the configuration file with --config"});
  std::filesystem::remove(path);
}

TEST(LoadFile, ReadsAFile) {
  Flags flags;
  flags.config_path = EXPORTER_SOURCE_DIR "/config/event-exporter.example.toml";
  EXPECT_TRUE(load_file(flags, environment_of({})).ok());
}

}  // namespace
}  // namespace exporter::config
