// How long a real server keeps what follows a position.
#include <gmock/gmock.h>

#include "server_fixture.h"
#include "source/mongodb/retention.h"

namespace exporter::mongodb {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

std::optional<Duration> headroom(const std::string& first_entry, std::uint32_t reached) {
  return headroom_after(Bson(testing::bson_of(first_entry)).bytes(), {.seconds = reached, .increment = 7});
}

TEST(HeadroomAfter, IsTheDistanceFromTheFirstEntry) {
  const std::string entry = R"({"ts": {"$timestamp": {"t": 1000, "i": 3}}, "o": {"msg": "periodic noop"}})";
  EXPECT_EQ(headroom(entry, 1090), seconds(90));
  EXPECT_EQ(headroom(entry, 1000), seconds(0));
  EXPECT_EQ(headroom(entry, 10), seconds(0));
  EXPECT_EQ(headroom(R"({"ts": {"$timestamp": {"t": 1000, "i": 3}}, "o": {}})", 1001), seconds(1));
}

TEST(HeadroomAfter, NothingWasDroppedWhileTheOplogHasItsBeginning) {
  EXPECT_EQ(headroom(R"({"ts": {"$timestamp": {"t": 1000, "i": 3}}, "o": {"msg": "initiating set"}})", 1090),
            Duration::max());
}

TEST(HeadroomAfter, AnEntryWithoutATimeTellsNothing) {
  EXPECT_EQ(headroom(R"({"ts": "soon"})", 1090), std::nullopt);
  EXPECT_EQ(headroom("{}", 1090), std::nullopt);
}

class RetentionTest : public ServerTest {
 protected:
  // A position of our stream at this moment.
  event::Position at(ClusterTime time) { return make_position(fingerprint(options_), moment_as_token(time).bytes()); }

  std::unique_ptr<ports::Retention> retention_ = open_retention(options_).value();
};

TEST_F(RetentionTest, AYoungServerHasDroppedNothing) {
  run(R"({"create": "HealthEvents"})");
  EXPECT_EQ(retention_->headroom(head()).value(), Duration::max());
}

TEST_F(RetentionTest, IsNotKnownOfWhatIsNoPosition) {
  EXPECT_EQ(retention_->headroom(event::Position{"?"}).value(), std::nullopt);
  EXPECT_EQ(retention_->headroom(make_position(fingerprint(options_), Bson().add("_data", "00").bytes())).value(),
            std::nullopt);
}

TEST_F(RetentionTest, AServerThatIsNotThereIsAskedAgain) {
  Options away = options_;
  away.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100";
  const auto headroom = open_retention(away).value()->headroom(at({.seconds = 1'700'000'000, .increment = 1}));
  ASSERT_FALSE(headroom);
  EXPECT_EQ(headroom.error().kind, ErrorKind::transient);
  EXPECT_THAT(headroom.error().message, HasSubstr("oplog"));
}

}  // namespace
}  // namespace exporter::mongodb
