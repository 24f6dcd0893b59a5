// Datastore settings in YAML: when they are read, and what is said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/report.h"
#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kYaml = R"(provider: mongodb
connection:
  host: "mongodb://db:27017/?replicaSet=rs0"
  port: 27017
  database: Events
)";

// The place of the token is named by variables, whatever the rest is.
Variables yaml(const std::string& text) {
  return {
      {"DATASTORE_YAML", text}, {"MONGODB_DATABASE_NAME", "Tokens"}, {"MONGODB_TOKEN_COLLECTION_NAME", "ResumeTokens"}};
}

Lines said_of(const std::string& text) { return printed(load_text(without_datastore(), yaml(text))); }

TEST(DatastoreYaml, IsRead) {
  const Loaded loaded = load_text(without_datastore(), yaml(kYaml));
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(setting(loaded, "exporter.datastore.provider"), "mongodb | DATASTORE_YAML:1");
  EXPECT_EQ(setting(loaded, "exporter.datastore.uri"), "\"mongodb://db:27017/?replicaSet=***\" | DATASTORE_YAML:3");
  EXPECT_EQ(setting(loaded, "exporter.datastore.database"), "\"Events\" | DATASTORE_YAML:5");
  EXPECT_EQ(setting(loaded, "exporter.datastore.token_database"), "\"Tokens\" | environment MONGODB_DATABASE_NAME");
}

TEST(DatastoreYaml, IsReadFromAFile) {
  Variables variables = yaml("");
  variables["DATASTORE_YAML_PATH"] = "/d.yaml";
  const Loaded loaded = load_text(without_datastore(), variables, {}, files_of({{"/d.yaml", kYaml}}));
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(setting(loaded, "exporter.datastore.database"), "\"Events\" | /d.yaml:5");
  EXPECT_EQ(printed(load_text(without_datastore(), variables)),
            Lines{"environment: DATASTORE_YAML_PATH: \"/d.yaml\" cannot be read: there are no files; name a file in "
                  "YAML, or unset it"});
}

TEST(DatastoreYaml, FirstSourceWinsWithoutMerging) {
  Variables variables = yaml(kYaml);
  variables["DATASTORE_YAML_PATH"] = "/d.yaml";
  const Files files = files_of({{"/d.yaml", "provider: sqlite\n"}});
  EXPECT_EQ(load_text(without_datastore(), variables, {}, files).config.datastore.mongodb.database, "Events");
  variables["DATASTORE_PROVIDER"] = "mongodb";
  variables["MONGODB_URI"] = "mongodb://other";
  const Loaded loaded = load_text(without_datastore(), variables, {}, files);
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.datastore.mongodb.uri, "mongodb://other");
  EXPECT_EQ(loaded.config.datastore.mongodb.database, "Tokens");
}

TEST(DatastoreYaml, WinsOverTheFile) {
  EXPECT_EQ(printed(load_text(kMinimal, yaml(kYaml))),
            Lines{"config.toml:5: warning: exporter.datastore.provider: DATASTORE_YAML:1 says something else and wins; "
                  "remove one of them"});
}

TEST(DatastoreYaml, MongodbUriWinsOverItsHost) {
  Variables variables = yaml(kYaml);
  variables["MONGODB_URI"] = "mongodb://other";
  EXPECT_EQ(load_text(without_datastore(), variables).config.datastore.mongodb.uri, "mongodb://other");
}

TEST(DatastoreYaml, PlainHostTakesPortAndExtraParams) {
  const Loaded loaded = load_text(without_datastore(), yaml(R"(provider: mongodb
connection: {host: db, port: 27018, database: Events, extraParams: {replicaSet: rs0, tls: "true"}}
)"));
  EXPECT_EQ(loaded.config.datastore.mongodb.uri, "mongodb://db:27018/?replicaSet=rs0&tls=true");
  EXPECT_EQ(
      printed(loaded),
      Lines{"DATASTORE_YAML:2: warning: connection.host: is no URI, \"mongodb://db:27018/?replicaSet=***&tls=***\" "
            "is used; set MONGODB_URI to the whole URI"});
}

TEST(DatastoreYaml, NamesCertificatesInTwoWays) {
  const std::string tls = std::string(kYaml) + "  tls: {certPath: /t/c, keyPath: /t/k, caPath: /t/a}\n";
  const Loaded loaded = load_text(without_datastore(), yaml(tls));
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.datastore.mongodb.certificate_file, "/t/c");
  EXPECT_EQ(loaded.config.datastore.mongodb.key_file, "/t/k");
  EXPECT_EQ(loaded.config.datastore.mongodb.ca_file, "/t/a");
  EXPECT_EQ(load_text(without_datastore(), yaml(tls + "  sslrootcert: /s/a\n")).config.datastore.mongodb.ca_file,
            "/s/a");
  EXPECT_EQ(said_of(std::string(kYaml) + "  sslcert: /s/c\n"),
            Lines{"DATASTORE_YAML:6: connection.sslcert: is set without connection.sslkey; set both, or neither for a "
                  "user and password in the URI"});
}

TEST(DatastoreYaml, TakesNoCertificatesFromTheVariables) {
  Variables variables = yaml(kYaml);
  variables["MONGODB_CA_CERT_PATH"] = "/n/a";
  const Loaded loaded = load_text(without_datastore(), variables, {}, files_of({{"/etc/ssl/mongo-client/ca.crt", ""}}));
  EXPECT_EQ(loaded.config.datastore.mongodb.ca_file, "");
  EXPECT_EQ(loaded.notes, (std::vector<Note>{{"MONGODB_CA_CERT_PATH", "environment",
                                              "not read with settings in YAML, as in the incumbent"}}));
}

TEST(DatastoreYaml, UnknownNamesAreDoubted) {
  EXPECT_EQ(said_of(std::string(kYaml) + "  databse: x\n  Host: y\ncolour: red\n"),
            (Lines{"DATASTORE_YAML:6: warning: connection.databse: unknown key, ignored; did you mean "
                   "connection.database?",
                   "DATASTORE_YAML:7: warning: connection.Host: unknown key, ignored; did you mean connection.host?",
                   "DATASTORE_YAML:8: warning: colour: unknown key, ignored"}));
}

TEST(DatastoreYaml, NamesWhatMongodbDoesNotUse) {
  const Loaded loaded = load_text(
      without_datastore(),
      yaml(std::string(kYaml) + "  username: u\n  password: s3cret\n  sslmode:\noptions: {maxConnections: 5}\n"));
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(
      loaded.notes,
      (std::vector<Note>{{"connection.username", "DATASTORE_YAML:6",
                          "not used with mongodb, as in the incumbent: put it into MONGODB_URI"},
                         {"connection.password", "DATASTORE_YAML:7",
                          "not used with mongodb, as in the incumbent: put it into MONGODB_URI"},
                         {"options", "DATASTORE_YAML:9", "the connections here are few and always the same number"}}));
  EXPECT_EQ(render_report(loaded).find("s3cret"), std::string::npos);
}

TEST(DatastoreYaml, OfPostgresqlIsUnderstoodAndRefused) {
  EXPECT_EQ(said_of(R"(provider: postgresql
connection: {host: pg, port: 5432, database: nvsentinel, username: u, password: s3cret, sslmode: verify-full,
  sslcert: /c, sslkey: /k, sslrootcert: /a, extraParams: {connect_timeout: 10}}
options: {maxConnections: "5"}
)"),
            Lines{"DATASTORE_YAML:1: provider: \"postgresql\" is not built into this version; set it to \"mongodb\" or "
                  "\"sqlite\", here or by DATASTORE_PROVIDER"});
}

TEST(DatastoreYaml, MayNameTheEmbeddedDatastore) {
  Variables variables = yaml("provider: sqlite\n");
  variables["DATASTORE_PATH"] = "/e.db";
  EXPECT_EQ(printed(load_text(without_datastore(), variables)), Lines{});
}

TEST(DatastoreYaml, BrokenTextIsRefusedWithItsLine) {
  const Lines lines = said_of("provider: mongodb\nconnection: {host: s3cret\n");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.front(), testing::MatchesRegex("DATASTORE_YAML:[23]: not valid YAML: .*; correct this line"));
  EXPECT_EQ(lines.front().find("s3cret"), std::string::npos);
  EXPECT_EQ(
      said_of("mongodb"),
      Lines{"DATASTORE_YAML:1: holds no names and values; write it as provider: mongodb and connection: with host "
            "and database below it"});
  EXPECT_EQ(said_of("connection: {host: h}\n"),
            Lines{"environment: DATASTORE_YAML: holds no provider; add provider: mongodb"});
  EXPECT_EQ(said_of("provider: [mongodb]\nconnection: 7\n? [a]\n: b\nprovider: x\n"),
            (Lines{"DATASTORE_YAML:1: provider: is not one value; write it on one line, in quotes if need be",
                   "DATASTORE_YAML:2: connection: holds no names and values; write them below it, indented",
                   "DATASTORE_YAML:3: holds a name that is no text; write name: value",
                   "DATASTORE_YAML:5: provider: is given twice; keep one of them"}));
  EXPECT_EQ(said_of("provider: mysql\n"),
            Lines{"DATASTORE_YAML:1: provider: \"mysql\" is not known; set it to \"sqlite\", \"mongodb\" or "
                  "\"postgresql\""});
}

TEST(DatastoreYaml, DeepAndEndlessTextsEnd) {
  EXPECT_FALSE(load_text(without_datastore(), yaml(std::string(100'000, '['))).ok());
  EXPECT_FALSE(load_text(without_datastore(), yaml("provider: &a\n  b: *a\n")).ok());
  EXPECT_FALSE(load_text(without_datastore(), yaml(std::string("\0\x01", 2))).ok());
}

}  // namespace
}  // namespace exporter::config
