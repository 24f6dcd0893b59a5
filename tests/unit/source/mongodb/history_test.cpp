// The stored documents of a real server, where it is not as tidy as in the contract's suite.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <set>

#include "server_fixture.h"

namespace exporter::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr std::int64_t kMoment = 1'788'955'200'000;

class History : public ServerTest {
 protected:
  // A document with `id` (in Extended JSON), created that many milliseconds after the moment.
  static std::string document(const std::string& id, int millis) {
    return fmt::format(R"({{"_id": {}, "createdAt": {{"$date": {{"$numberLong": "{}"}}}}}})", id, kMoment + millis);
  }
  void store(const std::string& id, int millis) { insert("HealthEvents", document(id, millis)); }
  // Documents 0 to count - 1, with ObjectIds of their numbers; `spread` of them in one millisecond.
  void store_many(int count, int spread, int start = 0) {
    const auto writer = Writer::open(options_).value();
    std::vector<std::string> bytes;
    for (int number = 0; number < count; ++number) {
      bytes.push_back(testing::bson_of(document(object_id(start + number), start + number / spread)));
    }
    const std::vector<std::string_view> views(bytes.begin(), bytes.end());
    ASSERT_TRUE(writer->insert(views));
  }
  static std::string object_id(int number) { return fmt::format(R"({{"$oid": "{:024x}"}})", number); }

  ports::HistoryPlan plan(std::uint64_t max_events = 1'000'000) {
    return history_->plan({.not_before = WallTime{}, .max_events = max_events, .until = head()}).value();
  }
  // What comes after the cursor, in pages; not more than 10,000 of them.
  std::vector<std::string> read(std::string cursor, std::size_t page) {
    std::vector<std::string> ids;
    event::RawBatch batch;
    for (int pages = 0; pages < 10'000; ++pages) {
      const auto done = history_->page(cursor, page, batch);
      EXPECT_TRUE(done) << done.error().message;
      if (!done || batch.empty()) {
        return ids;
      }
      EXPECT_LE(batch.size(), page);
      for (std::size_t index = 0; index < batch.size(); ++index) {
        ids.emplace_back(batch[index].document_id);
      }
      cursor = batch[batch.size() - 1].after.position.token;
    }
    ADD_FAILURE() << "the history does not end";
    return ids;
  }

  std::unique_ptr<ports::History> history_ = open_history(options_).value();
};

TEST_F(History, KeysOfAllTypesInOneMillisecondComeOnceEach) {
  create_index();
  const std::vector<std::string> keys{"5",
                                      R"({"$numberLong": "6"})",
                                      R"({"$numberDouble": "0.5"})",
                                      R"("a")",
                                      R"("68c17a3f5b0e4c2d9a7f1e01")",
                                      R"({"$oid": "68c17a3f5b0e4c2d9a7f1e01"})",
                                      R"({"$oid": "68c17a3f5b0e4c2d9a7f1e02"})",
                                      R"({"node": 1})",
                                      "true",
                                      R"({"$binary": {"base64": "AQID", "subType": "00"}})",
                                      R"({"$date": {"$numberLong": "5"}})",
                                      "null",
                                      R"({"$numberDecimal": "7"})",
                                      R"({"$timestamp": {"t": 1, "i": 1}})"};
  store("0", 0);
  for (const auto& key : keys) {
    store(key, 1);
  }
  store("1", 2);
  const auto planned = plan();
  EXPECT_EQ(planned.events, keys.size() + 2);
  const auto all = read(planned.cursor, 100);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), keys.size() + 2);
  EXPECT_EQ(all.size(), keys.size() + 2);
  for (const std::size_t page : {1U, 2U, 3U, 13U, 14U, 15U}) {
    EXPECT_THAT(read(planned.cursor, page), UnorderedElementsAreArray(all)) << page;
  }
}

TEST_F(History, GoingOnBehindAnyDocumentOmitsNoneOfTheOthers) {
  create_index();
  std::set<std::string> all;
  for (const char* const key :
       {"5", R"({"$numberLong": "6"})", R"("a")", R"({"$oid": "68c17a3f5b0e4c2d9a7f1e01"})",
        R"({"$oid": "68c17a3f5b0e4c2d9a7f1e02"})", "true", R"({"$date": {"$numberLong": "5"}})", "null"}) {
    store(key, 1);
  }
  store("1", 2);
  const auto planned = plan();
  for (const auto& id : read(planned.cursor, 100)) {
    all.insert(id);
  }
  ASSERT_EQ(all.size(), 9U);
  for (const std::size_t page : {1U, 2U, 100U}) {
    std::string cursor = planned.cursor;
    std::set<std::string> seen;
    event::RawBatch batch;
    while (history_->page(cursor, page, batch) && !batch.empty()) {
      const std::set<std::string> before = seen;
      std::vector<std::pair<std::string, std::string>> marks;
      for (std::size_t index = 0; index < batch.size(); ++index) {
        marks.emplace_back(batch[index].document_id, batch[index].after.position.token);
      }
      for (const auto& [id, place] : marks) {
        seen.insert(id);
        std::set<std::string> together = seen;
        together.merge([&] {
          const auto rest = read(place, 3);
          return std::set<std::string>(rest.begin(), rest.end());
        }());
        EXPECT_EQ(together, all) << "page of " << page << ", behind " << id;
      }
      cursor = marks.back().second;
    }
  }
}

TEST_F(History, ThousandsInOneMillisecondAreReadInPages) {
  create_index();
  store_many(3000, 3000);
  store("\"before\"", -1);
  store("\"after\"", 1);
  const auto planned = plan();
  EXPECT_EQ(planned.events, 3002U);
  const auto ids = read(planned.cursor, 500);
  ASSERT_EQ(ids.size(), 3002U);
  EXPECT_EQ(ids.front(), "\"before\"");
  EXPECT_EQ(ids.back(), "\"after\"");
  for (int number = 0; number < 3000; ++number) {
    EXPECT_EQ(ids[static_cast<std::size_t>(number) + 1], fmt::format("{:024x}", number));
  }
}

TEST_F(History, DocumentsThatSayNotWhenTheyWereCreatedAreLeftOut) {
  create_index();
  store("1", 1);
  for (const char* const other :
       {R"({"_id": 2})", R"({"_id": 3, "createdAt": null})", R"({"_id": 4, "createdAt": "2026-09-09T12:00:00Z"})",
        R"({"_id": 5, "createdAt": {"$numberLong": "1788955200001"}})",
        R"({"_id": 6, "createdAt": {"$timestamp": {"t": 1788955200, "i": 1}}})"}) {
    insert("HealthEvents", other);
  }
  store("7", 2);
  const auto planned = plan();
  EXPECT_EQ(planned.events, 2U);
  EXPECT_THAT(read(planned.cursor, 10), ElementsAre(R"({ "$numberInt" : "1" })", R"({ "$numberInt" : "7" })"));
}

TEST_F(History, WorksWithoutTheIndexAndSaysSoOnce) {
  store_many(30, 7);
  LogCapture log;
  const auto planned = plan();
  EXPECT_EQ(read(planned.cursor, 4).size(), 30U);
  EXPECT_EQ(log.count("no index on createdAt"), 1) << log.end();
}

TEST_F(History, WithoutAViewOfThePastItReadsThePresent) {
  create_index();
  store("1", 1);
  const auto until = head();
  store("2", 2);
  run(R"({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 1})", "admin");
  const ClusterTime old = time_of(*token_of(until, fingerprint(options_)));
  const MonoTime deadline = clock_.now() + std::chrono::seconds(30);
  for (bool gone = false; !gone;) {
    // The view goes as the server's clock does, which only writes move.
    insert("other", "{}");
    Bson concern;
    concern.add("level", "snapshot").add("atClusterTime", old);
    Bson command;
    command.add("find", "HealthEvents").add("readConcern", concern);
    gone = try_run(command, options_.database) != 0;
    ASSERT_LT(clock_.now(), deadline) << "the server keeps its past";
  }
  LogCapture log;
  const auto planned = history_->plan({.not_before = WallTime{}, .max_events = 10, .until = until});
  run(R"({"setParameter": 1, "minSnapshotHistoryWindowInSeconds": 300})", "admin");
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->events, 2U);
  EXPECT_EQ(read(planned->cursor, 10).size(), 2U);
  EXPECT_EQ(log.count("no view of the past any more"), 1) << log.end();
}

TEST_F(History, APageCostsWhatItReturns) {
  create_index();
  store_many(20'000, 3);
  const auto planned = plan();
  EXPECT_EQ(planned.events, 20'000U);
  run(R"({"profile": 2})");
  std::string cursor = planned.cursor;
  event::RawBatch batch;
  for (int page = 0; page < 100; ++page) {
    ASSERT_TRUE(history_->page(cursor, 100, batch));
    ASSERT_GE(batch.size(), 98U);
    cursor = batch[batch.size() - 1].after.position.token;
  }
  run(R"({"profile": 0})");
  const std::string told(run(R"({"aggregate": "system.profile", "cursor": {}, "pipeline": [
      {"$match": {"command.find": "HealthEvents"}},
      {"$group": {"_id": null, "reads": {"$sum": 1}, "keys": {"$max": "$keysExamined"},
                  "documents": {"$max": "$docsExamined"}}}]})"));
  const auto number = [&](std::string_view key) {
    const auto found = find(told, {"cursor", "firstBatch", "0", key});
    return found ? found->integer().value_or(-1) : -1;
  };
  EXPECT_GE(number("reads"), 100);
  EXPECT_LT(number("keys"), 300);
  EXPECT_LT(number("documents"), 300);
}

TEST_F(History, TooManyAreCutAlsoWithinAMillisecond) {
  create_index();
  store_many(10, 10);  // all at once, ids 0 to 9
  store_many(5, 1, 20);
  const auto planned = plan(8);
  EXPECT_EQ(planned.events, 8U);
  EXPECT_EQ(planned.cut, 7U);
  std::vector<std::string> expected;
  for (const int number : {7, 8, 9, 20, 21, 22, 23, 24}) {
    expected.push_back(fmt::format("{:024x}", number));
  }
  for (const std::size_t page : {1U, 3U, 100U}) {
    EXPECT_EQ(read(planned.cursor, page), expected) << page;
  }
}

}  // namespace
}  // namespace exporter::mongodb
