// Where the certificate files of MongoDB come from.
#include <gtest/gtest.h>

#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

using Lines = std::vector<std::string>;

// "certificate key authority".
std::string files_in(const Loaded& loaded) {
  const Config::Datastore::Mongodb& mongodb = loaded.config.datastore.mongodb;
  return mongodb.certificate_file + " " + mongodb.key_file + " " + mongodb.ca_file;
}

const Variables kNamed = {{"MONGODB_CLIENT_CERT_PATH", "/n/c.pem"},
                          {"MONGODB_CLIENT_KEY_PATH", "/n/k.pem"},
                          {"MONGODB_CA_CERT_PATH", "/n/a.pem"}};

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) {
    variables.insert_or_assign(name, value);
  }
  return variables;
}

TEST(MongodbTls, NeedsNone) {
  const Loaded loaded = load_mongodb();
  EXPECT_EQ(files_in(loaded), "  ");
  EXPECT_EQ(printed(loaded), Lines{});
}

TEST(MongodbTls, HonoursGivenNames) {
  const Loaded loaded = load_mongodb(kNamed);
  EXPECT_EQ(files_in(loaded), "/n/c.pem /n/k.pem /n/a.pem");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(setting(loaded, "exporter.datastore.ca_file"), "\"/n/a.pem\" | environment MONGODB_CA_CERT_PATH");
}

TEST(MongodbTls, MountWinsOverNames) {
  EXPECT_EQ(files_in(load_mongodb(with(kNamed, {{"MONGODB_CLIENT_CERT_MOUNT_PATH", "/m"}}))),
            "/m/tls.crt /m/tls.key /m/ca.crt");
  EXPECT_EQ(files_in(load_mongodb({{"MONGODB_CLIENT_CERT_MOUNT_PATH", "/m/"}})), "/m/tls.crt /m/tls.key /m/ca.crt");
}

TEST(MongodbTls, DatastoreNamesWinOneByOne) {
  const Variables provider = {{"DATASTORE_PROVIDER", "mongodb"}};
  EXPECT_EQ(files_in(load_mongodb(with(with(kNamed, provider), {{"DATASTORE_SSLROOTCERT", "/d/a"}}))),
            "/n/c.pem /n/k.pem /d/a");
  EXPECT_EQ(files_in(load_mongodb(with(provider, {{"DATASTORE_SSLCERT", "/d/c"},
                                                  {"DATASTORE_SSLKEY", "/d/k"},
                                                  {"DATASTORE_SSLROOTCERT", "/d/a"},
                                                  {"MONGODB_CLIENT_CERT_MOUNT_PATH", "/m"}}))),
            "/d/c /d/k /d/a");
  EXPECT_EQ(files_in(load_mongodb(with(kNamed, {{"DATASTORE_SSLROOTCERT", "/d/a"}}))), "/n/c.pem /n/k.pem /n/a.pem");
}

TEST(MongodbTls, AuthorityMayStandAlone) {
  const Loaded loaded = load_mongodb({{"MONGODB_CA_CERT_PATH", "/n/a.pem"}});
  EXPECT_EQ(files_in(loaded), "  /n/a.pem");
  EXPECT_EQ(printed(loaded), Lines{});
}

TEST(MongodbTls, DefaultDirectoryCountsWhenTheAuthorityIsThere) {
  const std::string directory = "/etc/ssl/mongo-client";
  const Files all = files_of({{directory + "/ca.crt", ""}, {directory + "/tls.crt", ""}, {directory + "/tls.key", ""}});
  const Loaded loaded = load_mongodb({}, all);
  EXPECT_EQ(files_in(loaded), directory + "/tls.crt " + directory + "/tls.key " + directory + "/ca.crt");
  EXPECT_EQ(setting(loaded, "exporter.datastore.ca_file"), "\"" + directory + "/ca.crt\" | " + directory);
  EXPECT_EQ(files_in(load_mongodb({}, files_of({{directory + "/tls.crt", ""}, {directory + "/tls.key", ""}}))), "  ");
  EXPECT_EQ(files_in(load_mongodb(kNamed, all)), "/n/c.pem /n/k.pem /n/a.pem");
}

TEST(MongodbTls, MountWithTheAuthorityOnlyMeansUsersWithPasswords) {
  const Variables mount = {{"MONGODB_CLIENT_CERT_MOUNT_PATH", "/m"}};
  const Loaded loaded = load_mongodb(mount, files_of({{"/m/ca.crt", ""}}));
  EXPECT_EQ(files_in(loaded), "  /m/ca.crt");
  EXPECT_EQ(printed(loaded), Lines{});
  EXPECT_EQ(files_in(load_mongodb(mount, files_of({{"/m/ca.crt", ""}, {"/m/tls.crt", ""}, {"/m/tls.key", ""}}))),
            "/m/tls.crt /m/tls.key /m/ca.crt");
  // Nothing is mounted yet: it will be.
  EXPECT_EQ(files_in(load_mongodb(mount, files_of({}))), "/m/tls.crt /m/tls.key /m/ca.crt");
}

TEST(MongodbTls, NamedCertificateThatIsNotThereIsLeftOutWithAWord) {
  const Loaded loaded = load_mongodb(kNamed, files_of({{"/n/a.pem", ""}}));
  EXPECT_EQ(files_in(loaded), "  /n/a.pem");
  EXPECT_EQ(printed(loaded),
            Lines{"environment: warning: MONGODB_CLIENT_CERT_PATH: \"/n/c.pem\" is not there, but the authority's file "
                  "is: the client shows no certificate; unset it and the key's if that is meant, or provide the file"});
}

TEST(MongodbTls, HalfAMountIsRefused) {
  const Variables mount = {{"MONGODB_CLIENT_CERT_MOUNT_PATH", "/m"}};
  EXPECT_EQ(printed(load_mongodb(mount, files_of({{"/m/ca.crt", ""}, {"/m/tls.crt", ""}}))),
            Lines{"environment: MONGODB_CLIENT_CERT_MOUNT_PATH: \"/m/tls.key\" is not there, but \"/m/tls.crt\" is; "
                  "provide both, or neither for a user and password in the URI"});
  EXPECT_EQ(printed(load_mongodb(kNamed, files_of({{"/n/a.pem", ""}, {"/n/k.pem", ""}}))),
            Lines{"environment: MONGODB_CLIENT_CERT_PATH: \"/n/c.pem\" is not there, but \"/n/k.pem\" is; provide "
                  "both, or neither for a user and password in the URI"});
}

TEST(MongodbTls, HalfASetIsRefusedWithBothNames) {
  Variables variables = kNamed;
  variables.erase("MONGODB_CLIENT_KEY_PATH");
  EXPECT_EQ(printed(load_mongodb(variables)),
            Lines{"environment: MONGODB_CLIENT_CERT_PATH: is set without MONGODB_CLIENT_KEY_PATH; set both, or neither "
                  "for a user and password in the URI"});
  variables = kNamed;
  variables.erase("MONGODB_CLIENT_CERT_PATH");
  EXPECT_EQ(printed(load_mongodb(variables)),
            Lines{"environment: MONGODB_CLIENT_KEY_PATH: is set without MONGODB_CLIENT_CERT_PATH; set both, or neither "
                  "for a user and password in the URI"});
  variables = kNamed;
  variables.erase("MONGODB_CA_CERT_PATH");
  EXPECT_EQ(printed(load_mongodb(variables)),
            Lines{"environment: MONGODB_CLIENT_CERT_PATH: is set without MONGODB_CA_CERT_PATH; name the file of the "
                  "authority that MongoDB's certificate comes from too"});
  EXPECT_EQ(printed(load_mongodb(
                {{"DATASTORE_PROVIDER", "mongodb"}, {"DATASTORE_SSLKEY", "/k"}, {"DATASTORE_SSLROOTCERT", "/a"}})),
            Lines{"environment: DATASTORE_SSLKEY: is set without DATASTORE_SSLCERT; set both, or neither for a user "
                  "and password in the URI"});
  EXPECT_EQ(printed(load_text(without_datastore() + "datastore.certificate_file = \"/c\"\n", mongodb_variables())),
            Lines{"config.toml:5: exporter.datastore.certificate_file: is set without exporter.datastore.key_file; set "
                  "both, or neither for a user and password in the URI"});
}

TEST(MongodbTls, AuthorityIsAnAbsolutePath) {
  EXPECT_EQ(printed(load_mongodb({{"MONGODB_CA_CERT_PATH", "certs/ca.crt"}})),
            Lines{"environment: MONGODB_CA_CERT_PATH: \"certs/ca.crt\" is not an absolute path; start it with /"});
  EXPECT_EQ(
      printed(load_mongodb({{"MONGODB_CLIENT_CERT_MOUNT_PATH", "m"}})),
      Lines{"environment: MONGODB_CLIENT_CERT_MOUNT_PATH: \"m/ca.crt\" is not an absolute path; start it with /"});
}

TEST(MongodbTls, VariablesReplaceTheWholeSetOfTheFile) {
  const Loaded loaded = load_text(without_datastore() + R"([exporter.datastore]
certificate_file = "/f/c"
key_file = "/f/k"
ca_file = "/f/a"
)",
                                  mongodb_variables({{"MONGODB_CA_CERT_PATH", "/n/a.pem"}}));
  EXPECT_EQ(files_in(loaded), "  /n/a.pem");
  EXPECT_EQ(printed(loaded), (Lines{"config.toml:6: warning: exporter.datastore.certificate_file: "
                                    "MONGODB_CA_CERT_PATH is set and wins; remove one of them",
                                    "config.toml:7: warning: exporter.datastore.key_file: MONGODB_CA_CERT_PATH is set "
                                    "and wins; remove one of them",
                                    "config.toml:8: warning: exporter.datastore.ca_file: MONGODB_CA_CERT_PATH is set "
                                    "and wins; remove one of them"}));
}

TEST(MongodbTls, CertificateIsTheUser) {
  EXPECT_EQ(printed(load_mongodb(with(kNamed, {{"MONGODB_URI", "mongodb://u:s3cret@h"}}))),
            Lines{"environment: warning: MONGODB_URI: the user and password in it are not used: the client certificate "
                  "is the user; remove them from the URI, or give no client certificate"});
}

TEST(MongodbTls, NamedAuthorityWinsOverTheSystems) {
  EXPECT_EQ(printed(load_mongodb({{"MONGODB_CA_CERT_PATH", "/n/a.pem"}, {"MONGODB_USE_SYSTEM_TLS", "true"}})),
            Lines{"environment: warning: MONGODB_USE_SYSTEM_TLS: has no effect: only the authority in \"/n/a.pem\" is "
                  "trusted; remove one of them"});
}

}  // namespace
}  // namespace exporter::config
