// The incumbent's variables for MongoDB, and ours beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/report.h"
#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

const Config::Datastore::Mongodb& mongodb(const Loaded& loaded) { return loaded.config.datastore.mongodb; }

std::string note(const Loaded& loaded, std::string_view key) {
  for (const Note& each : loaded.notes) {
    if (each.key == key) {
      return each.text;
    }
  }
  return {};
}

// All of the ConfigMap that the incumbent's chart makes for MongoDB in the cluster.
Variables chart() {
  return {{"DATASTORE_PROVIDER", "mongodb"},
          {"MONGODB_URI", "mongodb://mongodb-headless.nvs.svc.cluster.local:27017/?replicaSet=rs0&tls=true"},
          {"MONGODB_DATABASE_NAME", "HealthEventsDatabase"},
          {"MONGODB_COLLECTION_NAME", "HealthEvents"},
          {"MONGODB_MAINTENANCE_EVENT_COLLECTION_NAME", "MaintenanceEvents"},
          {"MONGODB_TOKEN_COLLECTION_NAME", "ResumeTokens"},
          {"MONGODB_PING_TIMEOUT_TOTAL_SECONDS", "30"},
          {"MONGODB_PING_INTERVAL_SECONDS", "5"},
          {"CA_CERT_MOUNT_TIMEOUT_TOTAL_SECONDS", "360"},
          {"CA_CERT_READ_INTERVAL_SECONDS", "5"},
          {"MONGODB_CHANGE_STREAM_RETRY_DEADLINE_SECONDS", "300"},
          {"MONGODB_CHANGE_STREAM_RETRY_INTERVAL_SECONDS", "5"},
          {"UNPROCESSED_EVENTS_METRIC_UPDATE_INTERVAL_SECONDS", "25"},
          {"MONGODB_COLLECTION_EXPIRY_SECONDS", "2592000"},
          {"APP_NAME", "event-exporter"},
          {"MONGODB_CLIENT_CERT_PATH", "/etc/ssl/mongo-client/tls.crt"},
          {"MONGODB_CLIENT_KEY_PATH", "/etc/ssl/mongo-client/tls.key"},
          {"MONGODB_CA_CERT_PATH", "/etc/ssl/mongo-client/ca.crt"}};
}

TEST(Mongodb, TakesTheIncumbentsConfigMapWithoutAWord) {
  const Loaded loaded = load_text(without_datastore(), chart());
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(loaded.config.datastore.provider, Provider::mongodb);
  EXPECT_EQ(mongodb(loaded).uri, "mongodb://mongodb-headless.nvs.svc.cluster.local:27017/?replicaSet=rs0&tls=true");
  EXPECT_EQ(mongodb(loaded).database, "HealthEventsDatabase");
  EXPECT_EQ(mongodb(loaded).token_database, "HealthEventsDatabase");
  EXPECT_EQ(mongodb(loaded).token_collection, "ResumeTokens");
  EXPECT_EQ(mongodb(loaded).app_name, "event-exporter");
  EXPECT_EQ(mongodb(loaded).certificate_file, "/etc/ssl/mongo-client/tls.crt");
  EXPECT_EQ(mongodb(loaded).key_file, "/etc/ssl/mongo-client/tls.key");
  EXPECT_EQ(mongodb(loaded).ca_file, "/etc/ssl/mongo-client/ca.crt");
  EXPECT_FALSE(mongodb(loaded).system_roots);
  EXPECT_EQ(note(loaded, "MONGODB_COLLECTION_NAME"), "");
  for (const char* name :
       {"MONGODB_MAINTENANCE_EVENT_COLLECTION_NAME", "MONGODB_PING_TIMEOUT_TOTAL_SECONDS",
        "MONGODB_PING_INTERVAL_SECONDS", "CA_CERT_MOUNT_TIMEOUT_TOTAL_SECONDS", "CA_CERT_READ_INTERVAL_SECONDS",
        "MONGODB_CHANGE_STREAM_RETRY_DEADLINE_SECONDS", "MONGODB_CHANGE_STREAM_RETRY_INTERVAL_SECONDS",
        "UNPROCESSED_EVENTS_METRIC_UPDATE_INTERVAL_SECONDS", "MONGODB_COLLECTION_EXPIRY_SECONDS"}) {
    EXPECT_NE(note(loaded, name), "") << name;
  }
  EXPECT_EQ(loaded.notes.size(), 9U);
}

TEST(Mongodb, IsTheProviderWhenNothingNamesOne) {
  const Loaded loaded = load_mongodb();
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(setting(loaded, "exporter.datastore.provider"), "mongodb | default");
  EXPECT_EQ(setting(loaded, "exporter.datastore.uri"),
            "\"mongodb://db:27017/?replicaSet=***\" | environment MONGODB_URI");
  EXPECT_EQ(setting(loaded, "exporter.datastore.database"),
            "\"HealthEventsDatabase\" | environment MONGODB_DATABASE_NAME");
  EXPECT_EQ(setting(loaded, "exporter.datastore.token_database"),
            "\"HealthEventsDatabase\" | environment MONGODB_DATABASE_NAME");
  EXPECT_EQ(setting(loaded, "exporter.datastore.token_collection"),
            "\"ResumeTokens\" | environment MONGODB_TOKEN_COLLECTION_NAME");
}

TEST(Mongodb, IsConfiguredByTheFileAlone) {
  const Loaded loaded = load_text(without_datastore() + R"([exporter.datastore]
provider = "mongodb"
uri = "mongodb://db"
database = "D"
token_database = "T"
token_collection = "C"
ca_file = "/ca"
certificate_file = "/cert"
key_file = "/key"
app_name = "a"
)");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(mongodb(loaded).uri, "mongodb://db");
  EXPECT_EQ(mongodb(loaded).database, "D");
  EXPECT_EQ(mongodb(loaded).token_database, "T");
  EXPECT_EQ(mongodb(loaded).token_collection, "C");
  EXPECT_EQ(mongodb(loaded).ca_file, "/ca");
  EXPECT_EQ(mongodb(loaded).certificate_file, "/cert");
  EXPECT_EQ(mongodb(loaded).key_file, "/key");
  EXPECT_EQ(mongodb(loaded).app_name, "a");
}

TEST(Mongodb, EnvironmentWinsOverTheFileKeyByKey) {
  const Loaded loaded =
      load_text(without_datastore() + R"([exporter.datastore]
provider = "sqlite"
uri = "mongodb://other"
database = "D"
token_collection = "ResumeTokens"
app_name = "a"
system_roots = true
)",
                mongodb_variables({{"DATASTORE_PROVIDER", "mongodb"}, {"MONGODB_USE_SYSTEM_TLS", "no"}}));
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(mongodb(loaded).uri, "mongodb://db:27017/?replicaSet=rs0");
  EXPECT_EQ(mongodb(loaded).database, "HealthEventsDatabase");
  EXPECT_FALSE(mongodb(loaded).system_roots);
  EXPECT_EQ(mongodb(loaded).app_name, "a");
  EXPECT_EQ(
      printed(loaded),
      (Lines{"config.toml:6: warning: exporter.datastore.provider: DATASTORE_PROVIDER is set and wins; remove one of "
             "them",
             "config.toml:7: warning: exporter.datastore.uri: MONGODB_URI is set and wins; remove one of them",
             "config.toml:8: warning: exporter.datastore.database: MONGODB_DATABASE_NAME is set and wins; remove one "
             "of them",
             "config.toml:11: warning: exporter.datastore.system_roots: MONGODB_USE_SYSTEM_TLS is set and wins; "
             "remove one of them"}));
}

TEST(Mongodb, HostIsTheUriUnlessMongodbUriIsSet) {
  const Variables host = {
      {"DATASTORE_PROVIDER", "mongodb"}, {"DATASTORE_HOST", "mongodb+srv://cluster.example"}, {"DATASTORE_PORT", "1"}};
  EXPECT_EQ(mongodb(load_mongodb(host)).uri, "mongodb://db:27017/?replicaSet=rs0");
  Variables alone = mongodb_variables(host);
  alone.erase("MONGODB_URI");
  const Loaded loaded = load_text(without_datastore(), alone);
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(mongodb(loaded).uri, "mongodb+srv://cluster.example");
  // Without DATASTORE_PROVIDER the incumbent does not read it.
  alone.erase("DATASTORE_PROVIDER");
  const Loaded unread = load_text(without_datastore(), alone);
  EXPECT_EQ(mongodb(unread).uri, "mongodb://localhost:27017");
  EXPECT_EQ(note(unread, "DATASTORE_HOST"), "read only while DATASTORE_PROVIDER is set, as in the incumbent");
  EXPECT_EQ(printed(unread), Lines{"config.toml: warning: exporter.datastore.uri: nothing names the server, "
                                   "\"mongodb://localhost:27017\" is used; set MONGODB_URI"});
}

TEST(Mongodb, PlainHostBecomesAUriAndIsNamed) {
  Variables variables = mongodb_variables(
      {{"DATASTORE_PROVIDER", "mongodb"}, {"DATASTORE_HOST", "db.example"}, {"DATASTORE_PORT", "27018"}});
  variables.erase("MONGODB_URI");
  const Loaded loaded = load_text(without_datastore(), variables);
  EXPECT_EQ(mongodb(loaded).uri, "mongodb://db.example:27018/");
  EXPECT_EQ(printed(loaded),
            Lines{"environment: warning: DATASTORE_HOST: is no URI, \"mongodb://db.example:27018/\" is "
                  "used; set MONGODB_URI to the whole URI"});
  variables["DATASTORE_PORT"] = "27018x";
  const Loaded bad_port = load_text(without_datastore(), variables);
  EXPECT_EQ(mongodb(bad_port).uri, "mongodb://db.example:27017/");
  EXPECT_THAT(printed(bad_port),
              testing::Contains("environment: warning: DATASTORE_PORT: \"27018x\" is not a port, 27017 is used; give a "
                                "number of 1 to 65535"));
}

TEST(Mongodb, EventsMayLieInAnotherDatabaseThanTheToken) {
  const Variables variables = {{"DATASTORE_PROVIDER", "mongodb"}, {"DATASTORE_DATABASE", "Events"}};
  const Loaded loaded = load_mongodb(variables);
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(mongodb(loaded).database, "Events");
  EXPECT_EQ(mongodb(loaded).token_database, "HealthEventsDatabase");
  // The value that nobody chose gives way.
  EXPECT_EQ(mongodb(load_mongodb({{"DATASTORE_PROVIDER", "mongodb"}, {"DATASTORE_DATABASE", "nvsentinel"}})).database,
            "HealthEventsDatabase");
  EXPECT_EQ(mongodb(load_mongodb({{"DATASTORE_DATABASE", "Events"}})).database, "HealthEventsDatabase");
}

TEST(Mongodb, PlaceOfTheTokenMayBeLeftOut) {
  const Loaded loaded =
      load_text(without_datastore(),
                {{"DATASTORE_PROVIDER", "mongodb"}, {"MONGODB_URI", "mongodb://db"}, {"DATASTORE_DATABASE", "Events"}});
  EXPECT_EQ(mongodb(loaded).token_database, "Events");
  EXPECT_EQ(mongodb(loaded).token_collection, "ResumeTokens");
  EXPECT_EQ(printed(loaded),
            (Lines{"config.toml: warning: exporter.datastore.token_collection: nothing names it, progress is kept in "
                   "\"ResumeTokens\"; set MONGODB_TOKEN_COLLECTION_NAME, without which the incumbent does not start",
                   "environment: warning: DATASTORE_DATABASE: MONGODB_DATABASE_NAME is not set, progress is kept in "
                   "\"Events\" too; set MONGODB_DATABASE_NAME, without which the incumbent does not start"}));
}

TEST(Mongodb, WantsADatabase) {
  EXPECT_THAT(printed(load_text(without_datastore(), {{"MONGODB_URI", "mongodb://db"}})),
              testing::Contains("config.toml: exporter.datastore.database: is required with mongodb; set "
                                "MONGODB_DATABASE_NAME to the database of the health events, or give it here"));
}

TEST(Mongodb, RefusesNamesThatMongodbRefuses) {
  for (const std::string& name : {std::string("a.b"), std::string("a b"), std::string("$a"), std::string(64, 'a')}) {
    EXPECT_EQ(printed(load_mongodb({{"MONGODB_DATABASE_NAME", name}})).front(),
              "environment: MONGODB_DATABASE_NAME: \"" + name +
                  "\" is not the name of a database; give it like \"HealthEventsDatabase\"");
  }
  for (const char* name : {"system.x", "a$b"}) {
    EXPECT_EQ(printed(load_mongodb({{"MONGODB_TOKEN_COLLECTION_NAME", name}})),
              Lines{"environment: MONGODB_TOKEN_COLLECTION_NAME: \"" + std::string(name) +
                    "\" is not the name of a collection; give it like \"ResumeTokens\""});
  }
}

TEST(Mongodb, KeepsTheTokenOutOfTheEvents) {
  EXPECT_EQ(printed(load_mongodb({{"MONGODB_TOKEN_COLLECTION_NAME", "HealthEvents"}})),
            Lines{"environment: MONGODB_TOKEN_COLLECTION_NAME: is the collection of the events themselves; give it "
                  "like \"ResumeTokens\""});
  EXPECT_TRUE(load_mongodb({{"MONGODB_TOKEN_COLLECTION_NAME", "HealthEvents"},
                            {"DATASTORE_PROVIDER", "mongodb"},
                            {"DATASTORE_DATABASE", "Other"}})
                  .ok());
}

TEST(Mongodb, RefusesABrokenUriWithoutShowingItsPassword) {
  const Loaded loaded = load_mongodb({{"MONGODB_URI", "mongodb://u:s3cr@et@h/?authMechanismProperties=s3cret"}});
  EXPECT_EQ(
      printed(loaded),
      Lines{"environment: MONGODB_URI: \"mongodb://***@h/?authMechanismProperties=***\" has a user or password with "
            "an @ that is not written as %40; write it like "
            "\"mongodb://user:password@host:27017/?replicaSet=rs0\""});
  EXPECT_EQ(render_report(loaded).find("s3cr"), std::string::npos);
}

TEST(Mongodb, HidesThePasswordOfAGoodUri) {
  const Loaded loaded = load_mongodb({{"MONGODB_URI", "mongodb://u:s3cret@h/"}, {"DATASTORE_PASSWORD", "s3cret"}});
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(mongodb(loaded).uri, "mongodb://u:s3cret@h/");
  EXPECT_EQ(render_report(loaded).find("s3cret"), std::string::npos);
  EXPECT_EQ(setting(loaded, "exporter.datastore.uri"), "\"mongodb://***@h/\" | environment MONGODB_URI");
}

TEST(Mongodb, ReadsSwitchesAsTheIncumbent) {
  for (const char* text : {"true", " TRUE ", "enabled", "1", "Yes"}) {
    EXPECT_TRUE(mongodb(load_mongodb({{"MONGODB_USE_SYSTEM_TLS", text}})).system_roots) << text;
  }
  for (const char* text : {"on", "false", "0", "2"}) {
    EXPECT_FALSE(mongodb(load_mongodb({{"MONGODB_USE_SYSTEM_TLS", text}})).system_roots) << text;
  }
}

TEST(Mongodb, NamesWhatHasNoEffect) {
  const Loaded loaded = load_mongodb({{"DATASTORE_PROVIDER", "mongodb"},
                                      {"MONGODB_COLLECTION_NAME", "health_events"},
                                      {"MONGODB_ENABLE_CERT_ROTATION", "true"},
                                      {"DATASTORE_USERNAME", "u"},
                                      {"DATASTORE_MAX_CONNECTIONS", "5"}});
  EXPECT_EQ(printed(loaded), Lines{});
  std::vector<std::string> keys;
  for (const Note& each : loaded.notes) {
    keys.push_back(each.key);
  }
  EXPECT_THAT(keys, testing::UnorderedElementsAre("MONGODB_COLLECTION_NAME", "MONGODB_ENABLE_CERT_ROTATION",
                                                  "DATASTORE_USERNAME", "DATASTORE_MAX_CONNECTIONS"));
}

TEST(Mongodb, DoubtsNumbersThatAreNone) {
  for (const char* text : {"5s", "0", "-1", "1.5", " 5"}) {
    EXPECT_EQ(printed(load_mongodb({{"MONGODB_PING_INTERVAL_SECONDS", text}})),
              Lines{"environment: warning: MONGODB_PING_INTERVAL_SECONDS: \"" + std::string(text) +
                    "\" is not a whole number above 0; it has no effect here; correct or unset it"});
  }
  EXPECT_EQ(printed(load_mongodb({{"CHANGE_STREAM_RETRY_DEADLINE_SECONDS", "60"}})), Lines{});
}

}  // namespace
}  // namespace exporter::config
