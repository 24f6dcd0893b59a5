// The stream of a real server, where it is not as tidy as in the contract's suite.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <thread>

#include "server_fixture.h"

namespace exporter::mongodb {
namespace {

using std::chrono::seconds;

class Stream : public ServerTest {
 protected:
  Stream() { run(R"({"create": "HealthEvents"})"); }

  void store(int number, std::size_t size = 1) {
    insert("HealthEvents", fmt::format(R"({{"_id": {}, "text": "{}"}})", number, std::string(size, 'x')));
  }
  static std::string id(int number) { return fmt::format(R"({{ "$numberInt" : "{}" }})", number); }
  Result<void> next(std::size_t max_bytes = 1 << 20) {
    return source_->next(batch_, max_bytes, clock_.now() + seconds(20), {});
  }

  std::unique_ptr<ports::Source> source_ = open_source(options_, clock_).value();
  event::RawBatch batch_;
};

TEST_F(Stream, AnEventLargerThanABatchComesAlone) {
  ASSERT_TRUE(source_->open(head()));
  for (int number = 0; number < 3; ++number) {
    store(number, 300'000);
  }
  for (int number = 0; number < 3; ++number) {
    ASSERT_TRUE(next(1000));
    ASSERT_EQ(batch_.size(), 1U);
    EXPECT_EQ(batch_[0].document_id, id(number));
    EXPECT_GT(batch_.bytes(), 300'000U);
  }
}

TEST_F(Stream, AnAnswerOfTheServerIsHandedOutInSlices) {
  const auto start = head();
  for (int number = 0; number < 20; ++number) {
    store(number, 10'000);
  }
  ASSERT_TRUE(source_->open(start));
  int slices_before_the_end = 0;
  for (int number = 0; number < 20;) {
    ASSERT_TRUE(next(25'000));
    EXPECT_LE(batch_.bytes(), 25'000U);
    EXPECT_LE(batch_.size(), 2U);
    for (std::size_t index = 0; index < batch_.size(); ++index) {
      EXPECT_EQ(batch_[index].document_id, id(number++));
    }
    // Only behind the last one of an answer is there a place that may be further.
    slices_before_the_end += batch_.end.position.empty() ? 1 : 0;
  }
  EXPECT_GE(slices_before_the_end, 5);
  // Going on from the middle of an answer.
  ASSERT_TRUE(source_->open(start));
  ASSERT_TRUE(next(25'000));
  ASSERT_TRUE(source_->open(event::Position(batch_[0].after.position)));
  ASSERT_TRUE(next(25'000));
  EXPECT_EQ(batch_[0].document_id, id(1));
}

TEST_F(Stream, AStopEndsAWaitWithinASecond) {
  ASSERT_TRUE(source_->open(head()));
  std::stop_source stop;
  MonoTime stopped{};
  std::jthread stopper([&] {
    const MonoTime give_up = clock_.now() + seconds(10);
    for (bool waiting = false; !waiting && clock_.now() < give_up;) {
      const auto told = run(R"({"aggregate": 1, "cursor": {}, "pipeline": [{"$currentOp": {}},
                                {"$match": {"command.getMore": {"$exists": true}}}]})",
                            "admin");
      waiting = find(told, {"cursor", "firstBatch", "0"}).has_value();
    }
    stopped = clock_.now();
    stop.request_stop();
  });
  ASSERT_TRUE(source_->next(batch_, 1000, clock_.now() + seconds(60), stop.get_token()));
  const MonoTime ended = clock_.now();
  stopper.join();
  EXPECT_TRUE(batch_.empty());
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_LT(ended - stopped, std::chrono::milliseconds(1200));
}

TEST_F(Stream, APositionOfTheServersFutureIsLost) {
  const auto future =
      make_position(fingerprint(options_), testing::bson_of(R"({"_data": "827FFFFFFF000000012B0229296E04"})"));
  const auto opened = source_->open(future);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::position_lost);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("in the server's future"));
  EXPECT_EQ(next().error().kind, ErrorKind::transient) << "nothing is read from a stream that was not opened";
}

TEST_F(Stream, ADamagedTokenIsALostPosition) {
  const auto open = [&](const std::string& token) {
    return source_->open(make_position(fingerprint(options_), testing::bson_of(token))).error();
  };
  for (const char* const token : {R"({"_data": "zz"})", R"({"_data": ""})", R"({"_data": 5})", "{}",
                                  R"({"_data": "82"})", R"({"_data": "FFFF"})", R"({"other": "82"})"}) {
    const Error error = open(token);
    EXPECT_EQ(error.kind, ErrorKind::position_lost) << token << error.message;
  }
  EXPECT_EQ(source_->open({"12345"}).error().kind, ErrorKind::invalid);
}

TEST_F(Stream, AnEventOfAnotherCollectionsStreamIsALostPosition) {
  Options other = options_;
  other.collection = "Other";
  const auto others = open_source(other, clock_).value();
  ASSERT_TRUE(others->open(others->head().value()));
  insert("Other", R"({"_id": 1})");
  ASSERT_TRUE(others->next(batch_, 1000, clock_.now() + seconds(20), {}));
  const std::string token(*token_of(batch_[0].after.position, fingerprint(other)));
  store(1);
  // The server notices as late as it meets an event of ours.
  auto done = source_->open(make_position(fingerprint(options_), token));
  if (done) {
    done = next();
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::position_lost) << done.error().message;
}

TEST_F(Stream, TheTimeOfAChangeIsTheServersInWholeSecondsAndForPeopleInMilliseconds) {
  ASSERT_TRUE(source_->open(head()));
  const WallTime before = clock_.wall_now();
  store(1);
  ASSERT_TRUE(next());
  ASSERT_EQ(batch_.size(), 1U);
  EXPECT_GT(batch_[0].after.changed_at, before - seconds(1));
  EXPECT_LE(batch_[0].after.changed_at, clock_.wall_now());
  EXPECT_GE(batch_[0].created_at, std::chrono::floor<std::chrono::milliseconds>(before));
  EXPECT_LE(batch_[0].created_at, clock_.wall_now());
}

TEST_F(Stream, AStreamThatIsOverHasNotCaughtUp) {
  ASSERT_TRUE(source_->open(head()));
  run(R"({"drop": "HealthEvents"})");
  Result<void> done;
  while ((done = next())) {
    EXPECT_EQ(batch_.caught_up_at, std::nullopt);
  }
  EXPECT_EQ(done.error().kind, ErrorKind::transient);
}

TEST_F(Stream, WritesThatAreNotForUsDoNotHideThatItHasCaughtUp) {
  run(R"({"create": "Other"})");
  ASSERT_TRUE(source_->open(head()));
  for (int number = 0; number < 50; ++number) {
    insert("Other", fmt::format(R"({{"_id": {}}})", number));
  }
  ASSERT_TRUE(source_->next(batch_, 1000, clock_.now(), {}));
  EXPECT_TRUE(batch_.empty());
  EXPECT_TRUE(batch_.caught_up_at);
}

TEST_F(Stream, ADroppedCollectionGivesThePlaceBehindItsEnd) {
  const auto start = head();
  ASSERT_TRUE(source_->open(start));
  store(1);
  run(R"({"drop": "HealthEvents"})");
  std::vector<std::string> ids;
  event::Position last;
  Result<void> done;
  while ((done = next())) {
    for (std::size_t index = 0; index < batch_.size(); ++index) {
      ids.emplace_back(batch_[index].document_id);
    }
    last = batch_.end.position;
    ASSERT_LE(ids.size(), 1U);
  }
  EXPECT_EQ(done.error().kind, ErrorKind::transient);
  EXPECT_THAT(ids, ::testing::ElementsAre(id(1)));
  ASSERT_FALSE(last.empty());
  store(2);  // makes the collection anew
  ASSERT_TRUE(source_->open(last));
  ASSERT_TRUE(next());
  ASSERT_EQ(batch_.size(), 1U);
  EXPECT_EQ(batch_[0].document_id, id(2));
}

}  // namespace
}  // namespace exporter::mongodb
