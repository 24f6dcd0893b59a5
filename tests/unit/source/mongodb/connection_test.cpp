// What needs no server: addresses that cannot be used, and what is never shown of them.
#include "source/mongodb/connection.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace exporter::mongodb {
namespace {

TEST(Redacted, HidesUserAndPassword) {
  EXPECT_EQ(redacted("mongodb://user:pass@host:27017/?replicaSet=rs0"), "mongodb://***@host:27017/?replicaSet=rs0");
  EXPECT_EQ(redacted("mongodb+srv://user:pass@cluster.example.net"), "mongodb+srv://***@cluster.example.net");
  EXPECT_EQ(redacted("mongodb://user@a:1,b:2/db"), "mongodb://***@a:1,b:2/db");
}

TEST(Redacted, LeavesTheRestAsItIs) {
  for (const char* const uri :
       {"", "mongodb://a:1,b:2/?replicaSet=rs0&tls=true", "mongodb://localhost", "mongodb://[::1]:27017/db"}) {
    EXPECT_EQ(redacted(uri), uri);
  }
}

TEST(Redacted, HidesThemAlsoWhenTheyAreNotEscaped) {
  for (const char* const uri :
       {"mongodb://user:S3@cret@host/db", "mongodb://user:S3/cret@host/db", "mongodb://user:S3/cr@et@host",
        "mongodb://user:S3?cret@host/?tls=true", "mongodb://user:S3:cret@host", "user:S3cret@host",
        "://user:S3cret@host", "mongodb:/user:S3cret@host", "mongodb://user:S3://cret@host"}) {
    const std::string shown = redacted(uri);
    EXPECT_EQ(shown.find("S3"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("cret"), std::string::npos) << shown;
    EXPECT_NE(shown.find("host"), std::string::npos) << shown;
  }
}

TEST(Redacted, HidesSecretsAmongTheOptions) {
  EXPECT_EQ(redacted("mongodb://host/?tls=true&tlsCertificateKeyFilePassword=S3cret&appname=a"),
            "mongodb://host/?tls=true&tlsCertificateKeyFilePassword=***&appname=a");
  EXPECT_EQ(redacted("mongodb://host/?authMechanismProperties=AWS_SESSION_TOKEN:S3cret"),
            "mongodb://host/?authMechanismProperties=***");
}

TEST(Connection, AnAddressThatCanNeverWorkIsRefusedWithoutItsPassword) {
  for (const char* const uri :
       {"mongodb://user:S3cret@", "mongodb://user:S3cret@host:99999/", "mongodb://user:S3/cret@host/",
        "mongodb://user:S3:cret@host/", "mongodb://user:S3%cret@host/",
        "mongodb://user:S3cret@host/?tls=perhaps&tlsInsecure=1&tlsAllowInvalidCertificates=1",
        "mongodb://user:S3@cret@host/", "http://user:S3cret@host/",
        "mongodb://host/?tlsCertificateKeyFilePassword=S3cret&readPreference=everywhere", ""}) {
    const auto made = Connection::make({.uri = uri}, std::chrono::seconds(1));
    ASSERT_FALSE(made) << uri;
    EXPECT_EQ(made.error().kind, ErrorKind::invalid);
    for (const char* const part : {"S3", "cret"}) {
      EXPECT_EQ(made.error().message.find(part), std::string::npos) << made.error().message;
    }
  }
}

TEST(Connection, WithAClientCertificateNoUserOfTheAddressCounts) {
  // Without the certificate the driver refuses each of these.
  for (const char* const uri :
       {"mongodb://user:%zz@host/", "mongodb://host/?authMechanism=SCRAM-SHA-256&replicaSet=rs0",
        "mongodb://host/?replicaSet=rs0&authMechanism=PLAIN&authSource=db", "mongodb://user:a:b@host"}) {
    EXPECT_FALSE(Connection::make({.uri = uri}, std::chrono::seconds(1))) << uri;
    EXPECT_TRUE(Connection::make({.uri = uri, .ca_file = "/ca", .certificate_file = "/c", .key_file = "/k"},
                                 std::chrono::seconds(1)))
        << uri;
  }
}

TEST(Connection, OpeningNeedsNoServer) {
  SystemClock clock;
  const Options options{.uri = "mongodb://127.0.0.1:1/?replicaSet=rs0", .database = "d"};
  EXPECT_TRUE(open_source(options, clock));
  EXPECT_TRUE(open_history(options));
  EXPECT_TRUE(open_checkpoints(options));
  EXPECT_TRUE(open_dead_letters(options));
}

TEST(Connection, WithoutAServerACommandMayBeTriedAgain) {
  const Options options{.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", .database = "d"};
  const auto loaded = open_checkpoints(options).value()->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::transient);
  EXPECT_NE(loaded.error().message.find("loading the checkpoint: no answer from MongoDB"), std::string::npos)
      << loaded.error().message;
}

TEST(Connection, FilesThatAreNoPemAreNamed) {
  const testing::TempDir dir;
  const Options options{.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50",
                        .database = "d",
                        .ca_file = dir / "ca.crt",
                        .certificate_file = dir / "tls.crt",
                        .key_file = dir / "tls.key"};
  const auto refusal = [&](const std::string& path, std::string_view text) {
    std::ofstream(path) << text;
    const auto loaded = open_checkpoints(options).value()->load();
    return loaded ? std::string() : loaded.error().message;
  };
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
  const std::string in_ca = "loading the checkpoint: the CA of MongoDB: ";
  const std::string in_client = "loading the checkpoint: the client certificate of MongoDB: ";
  EXPECT_EQ(refusal(options.ca_file, ""), in_ca + options.ca_file + " is empty");
  EXPECT_EQ(refusal(options.ca_file, "S3cret"), in_ca + options.ca_file + " holds no PEM CERTIFICATE");
  EXPECT_EQ(refusal(options.ca_file, certificate), in_client + options.certificate_file + " cannot be read");
  EXPECT_EQ(refusal(options.certificate_file, "-----BEGIN PRIVATE KEY-----\n"),
            in_client + options.certificate_file + " holds no PEM CERTIFICATE");
  refusal(options.certificate_file, certificate);
  EXPECT_EQ(refusal(options.key_file, certificate), in_client + options.key_file + " holds no PEM PRIVATE KEY");
  EXPECT_NE(refusal(options.key_file, "-----BEGIN EC PRIVATE KEY-----\n").find("no answer from MongoDB"),
            std::string::npos);
}

TEST(Connection, FilesThatAreNotThereYetMayComeLater) {
  const Options options{.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50",
                        .database = "d",
                        .ca_file = "/nowhere/ca.crt",
                        .certificate_file = "/nowhere/tls.crt",
                        .key_file = "/nowhere/tls.key"};
  const auto loaded = open_checkpoints(options).value()->load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::transient);
  EXPECT_NE(loaded.error().message.find("/nowhere/ca.crt cannot be read"), std::string::npos) << loaded.error().message;
}

}  // namespace
}  // namespace exporter::mongodb
