#include "config/mongodb_uri.h"

#include <gtest/gtest.h>

namespace exporter::config {
namespace {

std::string judged(std::string_view uri) {
  const Result<void> good = check_mongodb_uri(uri);
  return good ? "good" : good.error().message;
}

TEST(MongodbUri, TakesWhatTheDriverTakes) {
  for (const char* uri :
       {"mongodb://h", "mongodb://h/", "mongodb://h:27017/?replicaSet=rs0&tls=true", "mongodb://a:1,b:2,c/db?x=y",
        "mongodb://u:p%40ss%2Fword@h/?authSource=admin", "mongodb://[::1]", "mongodb://[::1]:27017,[fe80::1]:27018/",
        "mongodb://%2Ftmp%2Fmongodb-27017.sock", "mongodb+srv://cluster0.example.mongodb.net/?appName=a@b",
        "mongodb://u@h", "mongodb://h?tls=true"}) {
    EXPECT_EQ(judged(uri), "good") << uri;
  }
}

TEST(MongodbUri, SaysWhatIsWrong) {
  const std::string scheme = "does not start with mongodb:// or mongodb+srv://";
  EXPECT_EQ(judged(""), scheme);
  EXPECT_EQ(judged("h:27017"), scheme);
  EXPECT_EQ(judged("MongoDB://h"), scheme);
  EXPECT_EQ(judged("https://h"), scheme);
  EXPECT_EQ(judged("mongodb:/h"), scheme);
  const std::string host = "has no host, or an empty one in its list";
  EXPECT_EQ(judged("mongodb://"), host);
  EXPECT_EQ(judged("mongodb:///db"), host);
  EXPECT_EQ(judged("mongodb://u:p@"), host);
  EXPECT_EQ(judged("mongodb://a,,b"), host);
  EXPECT_EQ(judged("mongodb://a,"), host);
  EXPECT_EQ(judged("mongodb://:27017"), host);
  const std::string port = "has a port outside 1 to 65535";
  EXPECT_EQ(judged("mongodb://h:"), port);
  EXPECT_EQ(judged("mongodb://h:0"), port);
  EXPECT_EQ(judged("mongodb://h:65536"), port);
  EXPECT_EQ(judged("mongodb://[::1]:x"), port);
  EXPECT_EQ(judged("mongodb+srv://h:27017"), "has a port, which mongodb+srv:// takes from DNS");
  EXPECT_EQ(judged("mongodb+srv://a,b"), "has several hosts, where mongodb+srv:// takes one name of DNS");
  EXPECT_EQ(judged("mongodb://u:p@ss@h"), "has a user or password with an @ that is not written as %40");
  EXPECT_EQ(judged("mongodb://u:50%@h"), "has a user or password with a % that is not written as %25");
  EXPECT_EQ(judged("mongodb://u:p/w@h"), "has a user or password with a / or ? that is not written as %2F or %3F");
  EXPECT_EQ(judged("mongodb://h \n"), "holds a blank or a control byte");
}

TEST(MongodbUri, KnowsAUser) {
  EXPECT_TRUE(has_user("mongodb://u:p@h/db"));
  EXPECT_FALSE(has_user("mongodb://h/?appName=a@b"));
}

TEST(MongodbUri, IsMadeOfAHost) {
  EXPECT_EQ(make_mongodb_uri("h", 27018, {}), "mongodb://h:27018/");
  EXPECT_EQ(make_mongodb_uri("h:1", 27018, {}), "mongodb://h:1/");
  EXPECT_EQ(make_mongodb_uri("a,b", 27018, {}), "mongodb://a,b/");
  EXPECT_EQ(make_mongodb_uri("h", 1, {{"replicaSet", "rs0"}, {"x", "a&b=c"}}),
            "mongodb://h:1/?replicaSet=rs0&x=a%26b%3Dc");
}

}  // namespace
}  // namespace exporter::config
