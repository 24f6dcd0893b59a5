#include "support/mongod.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

#include "support/temp_dir.h"

namespace exporter::testing {
namespace {

using Client = std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)>;

Client connect(const std::string& uri) { return {mongoc_client_new(uri.c_str()), &mongoc_client_destroy}; }

bool answers(const std::string& uri) {
  const auto client = connect(uri + "&serverSelectionTimeoutMS=200&serverSelectionTryOnce=false");
  bson_t* ping = BCON_NEW("ping", BCON_INT32(1));
  const bool ok = mongoc_client_command_simple(client.get(), "admin", ping, nullptr, nullptr, nullptr);
  bson_destroy(ping);
  return ok;
}

TEST(MongodForTests, IsAReplicaSetThatTakesWritesAndHasChangeStreams) {
  const auto client = connect(Mongod::uri());
  const std::string name = Mongod::fresh_database();
  mongoc_collection_t* events = mongoc_client_get_collection(client.get(), name.c_str(), "HealthEvents");
  const bson_t nothing = BSON_INITIALIZER;
  mongoc_change_stream_t* stream = mongoc_collection_watch(events, &nothing, nullptr);
  bson_error_t error;
  EXPECT_FALSE(mongoc_change_stream_error_document(stream, &error, nullptr)) << error.message;
  EXPECT_TRUE(mongoc_collection_insert_one(events, &nothing, nullptr, nullptr, &error)) << error.message;
  const bson_t* change = nullptr;
  EXPECT_TRUE(mongoc_change_stream_next(stream, &change));
  mongoc_change_stream_destroy(stream);
  mongoc_collection_destroy(events);
}

TEST(MongodForTests, IsOneForTheProgramWithADatabaseForEachCall) {
  EXPECT_EQ(Mongod::uri(), Mongod::uri());
  EXPECT_NE(Mongod::fresh_database(), Mongod::fresh_database());
}

// The test starts its own program again, with this in the environment: that one holds a server until it is killed.
constexpr auto kHolds = "EXPORTER_TEST_HOLDS_MONGOD";

TEST(MongodForTests, EndsWithAProgramThatIsKilled) {
  if (std::getenv(kHolds) != nullptr) {
    std::printf("%s\n", Mongod::uri().c_str());
    std::fflush(stdout);
    ::pause();
  }
  const TempDir left_behind;
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const pid_t program = ::fork();
  if (program == 0) {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::setenv(kHolds, "1", 1);
    ::setenv("TMPDIR", (left_behind / "").c_str(), 1);
    ::unsetenv("GTEST_OUTPUT");
    ::execl("/proc/self/exe", "mongod_support_test", "--gtest_filter=*EndsWithAProgramThatIsKilled", nullptr);
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::FILE* output = ::fdopen(pipe[0], "r");
  std::string uri;
  for (std::array<char, 256> line{};
       !uri.starts_with("mongodb://") && std::fgets(line.data(), 256, output) != nullptr;) {
    uri = line.data();
  }
  std::fclose(output);
  ASSERT_TRUE(uri.ends_with('\n')) << "the program ended: " << uri;
  uri.pop_back();
  EXPECT_TRUE(answers(uri));
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  for (int tries = 0; tries < 100 && answers(uri); ++tries) {
  }
  EXPECT_FALSE(answers(uri));
}

}  // namespace
}  // namespace exporter::testing
