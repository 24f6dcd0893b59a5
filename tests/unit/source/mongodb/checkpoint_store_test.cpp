// Progress in the incumbent's document, on a real server: whatever is there is understood or refused, never damaged.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <thread>

#include "server_fixture.h"

namespace exporter::mongodb {
namespace {

using ports::Backfill;
using ports::Checkpoint;
using testing::bson_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As NVSentinel's exporter left them.
constexpr std::string_view kOfAChange =
    "826B0146EB000000032B022C0100296E5A1004D6341E243D7A4173AC448C417AEB710346645F6964006468C17A3F5B0E4C2D000000030004";
constexpr std::string_view kBetweenChanges = "826B014435000000992B0229296E04";

class CheckpointStore : public ServerTest {
 protected:
  [[nodiscard]] event::Position position(std::string_view data) const {
    return make_position(fingerprint(options_), bson_of(fmt::format(R"({{"_data": "{}"}})", data)));
  }
  // Positions that differ, the later the greater.
  [[nodiscard]] event::Position position(int number) const {
    return position(fmt::format("826B0146EB{:08X}2B0229296E04", number));
  }
  // The incumbent's document, whose token is `token` in Extended JSON.
  void store(const std::string& token, const std::string& more = "") {
    run(R"({"delete": "ResumeTokens", "deletes": [{"q": {}, "limit": 0}]})");
    insert("ResumeTokens", R"({"_id": {"$oid": "6b0146ebc17dfbdb0d29af63"}, "clientName": "event-exporter")" +
                               (token.empty() ? "" : R"(, "resumeToken": )" + token) + more + "}");
  }
  std::unique_ptr<ports::CheckpointStore> open() { return open_checkpoints(options_).value(); }
  void set(const std::string& values) {
    run(R"({"update": "ResumeTokens", "updates": [{"q": {"clientName": "event-exporter"}, "u": {"$set": )" + values +
        "}}]}");
  }
};

std::string token_json(std::string_view data) { return fmt::format(R"({{"_data": "{}"}})", data); }

TEST_F(CheckpointStore, TheIncumbentsDocumentIsTakenOver) {
  for (const std::string_view data : {kOfAChange, kBetweenChanges}) {
    store(token_json(data), R"(, "positionTime": 5)");
    const auto checkpoints = open();
    const auto loaded = checkpoints->load();
    ASSERT_TRUE(loaded && *loaded);
    const auto time = time_of(bson_of(token_json(data)));
    EXPECT_EQ(**loaded, (Checkpoint{.position = position(data), .watermark = time.wall(), .backfill = {}}));
    LogCapture log;
    ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
    EXPECT_EQ(log.count("WARN"), 0) << log.end();
    const auto stored = documents("ResumeTokens");
    ASSERT_EQ(stored.size(), 1U);
    EXPECT_THAT(stored[0],
                HasSubstr(R"({ "_id" : { "$oid" : "6b0146ebc17dfbdb0d29af63" }, "clientName" : "event-exporter", )"
                          R"("resumeToken" : { "_data" : "826B0146EB000000012B0229296E04" }, )"
                          R"("positionTime" : 5, "eventExporter" : {)"));
  }
}

TEST_F(CheckpointStore, TheFirstSaveMakesOneDocumentThatTheIncumbentReads) {
  const auto checkpoints = open();
  ASSERT_EQ(checkpoints->load().value(), std::nullopt);
  for (int number = 1; number <= 5; ++number) {
    ASSERT_TRUE(checkpoints->save({.position = position(number), .watermark = {}, .backfill = {}}, {}));
  }
  const auto stored = documents("ResumeTokens");
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_THAT(stored[0], HasSubstr(R"("resumeToken" : { "_data" : "826B0146EB000000052B0229296E04" })"));
}

TEST_F(CheckpointStore, TwoThatRaceMakeOneDocument) {
  LogCapture log;
  const auto save_often = [this](int first) {
    const auto checkpoints = open();
    int saved = 0;
    for (int number = first; number < first + 200; ++number) {
      const auto done = checkpoints->save({.position = position(number), .watermark = {}, .backfill = {}}, {});
      EXPECT_TRUE(done || done.error().kind == ErrorKind::transient);
      saved += done ? 1 : 0;
    }
    EXPECT_GT(saved, 190);
  };
  {
    const std::jthread other([&] { save_often(1000); });
    save_often(1);
  }
  EXPECT_EQ(documents("ResumeTokens").size(), 1U);
  EXPECT_GT(log.count("Only one exporter may run"), 0);
}

TEST_F(CheckpointStore, ADocumentThatWasRemovedIsMadeAgain) {
  const auto checkpoints = open();
  ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
  run(R"({"delete": "ResumeTokens", "deletes": [{"q": {}, "limit": 0}]})");
  LogCapture log;
  ASSERT_TRUE(checkpoints->save({.position = position(2), .watermark = {}, .backfill = {}}, {}));
  ASSERT_TRUE(checkpoints->save({.position = position(3), .watermark = {}, .backfill = {}}, {}));
  EXPECT_EQ(log.count("removed while this program was running"), 1) << log.end();
  ASSERT_EQ(documents("ResumeTokens").size(), 1U);
  EXPECT_EQ(open()->load().value()->position, position(3));
}

TEST_F(CheckpointStore, ATokenOfAnotherHandIsReplacedAndSaidSo) {
  const auto checkpoints = open();
  ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
  set(R"({"resumeToken": )" + token_json(kOfAChange) + R"(, "other": 5})");
  LogCapture log;
  ASSERT_TRUE(checkpoints->save({.position = position(2), .watermark = {}, .backfill = {}}, {}));
  ASSERT_TRUE(checkpoints->save({.position = position(3), .watermark = {}, .backfill = {}}, {}));
  EXPECT_EQ(log.count("changed by another program"), 1) << log.end();
  const auto stored = documents("ResumeTokens");
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_THAT(stored[0], HasSubstr(R"("other" : 5)"));
  EXPECT_EQ(open()->load().value()->position, position(3));
}

TEST_F(CheckpointStore, ASaveWhoseAnswerWasLostIsNotAnotherHand) {
  options_.uri += "&socketTimeoutMS=800";
  const auto checkpoints = open();
  ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
  run(R"({"fsync": 1, "lock": true})", "admin");
  const auto lost = checkpoints->save({.position = position(2), .watermark = {}, .backfill = {}}, {});
  run(R"({"fsyncUnlock": 1})", "admin");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::transient);
  const MonoTime deadline = clock_.now() + std::chrono::seconds(10);
  while (open()->load().value()->position != position(2)) {
    ASSERT_LT(clock_.now(), deadline) << "the server did not finish the write";
  }
  LogCapture log;
  ASSERT_TRUE(checkpoints->save({.position = position(3), .watermark = {}, .backfill = {}}, {}));
  EXPECT_EQ(log.count("WARN"), 0) << log.end();
}

TEST_F(CheckpointStore, ABinaryTokenThatHoldsADocumentIsRead) {
  const std::string token = bson_of(token_json(kOfAChange));
  store("null");
  bson_t set;
  Bson update;
  bson_append_document_begin(update.get(), "$set", -1, &set);
  bson_append_binary(&set, "resumeToken", -1, BSON_SUBTYPE_BINARY, reinterpret_cast<const std::uint8_t*>(token.data()),
                     static_cast<std::uint32_t>(token.size()));
  bson_append_document_end(update.get(), &set);
  Bson statement;
  statement.add("q", Bson()).add("u", update);
  Bson command;
  command.add("update", "ResumeTokens").add_array("updates", {&statement});
  ASSERT_EQ(try_run(command, options_.database), 0);
  const auto checkpoints = open();
  EXPECT_EQ(checkpoints->load().value()->position, position(kOfAChange));
  LogCapture log;
  ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
  EXPECT_EQ(log.count("WARN"), 0) << log.end();
  EXPECT_EQ(open()->load().value()->position, position(1));
}

TEST_F(CheckpointStore, NoTokenIsAFirstStart) {
  for (const char* const token : {"", "null", "{}"}) {
    store(token);
    const auto checkpoints = open();
    EXPECT_EQ(checkpoints->load().value(), std::nullopt) << token;
    LogCapture log;
    ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
    EXPECT_EQ(log.count("WARN"), 0) << token << log.end();
    EXPECT_EQ(documents("ResumeTokens").size(), 1U) << token;
  }
}

TEST_F(CheckpointStore, ATokenThatIsNoneIsNeverTakenForAFirstStart) {
  for (const char* const token : {R"("826B01")", "5", R"([{"_data": "826B01"}])", "true",
                                  R"({"$binary": {"base64": "AQID", "subType": "00"}})"}) {
    store(token);
    const auto before = documents("ResumeTokens");
    const auto loaded = open()->load();
    ASSERT_FALSE(loaded) << token;
    EXPECT_EQ(loaded.error().kind, ErrorKind::corrupt) << token;
    EXPECT_THAT(loaded.error().message, HasSubstr("resumeToken of the document {clientName: \"event-exporter\"} in " +
                                                  options_.database + ".ResumeTokens"));
    EXPECT_THAT(loaded.error().message, HasSubstr("put back a copy of the document, or delete it to start anew"));
    EXPECT_EQ(documents("ResumeTokens"), before);
  }
}

TEST_F(CheckpointStore, WhatWasSavedWithAnotherTokenDoesNotCount) {
  const Checkpoint saved{.position = position(kBetweenChanges),
                         .watermark = WallTime(std::chrono::seconds(5)),
                         .backfill = {.state = Backfill::State::running, .cursor = "c", .sent = 3, .total = 9}};
  ASSERT_TRUE(open()->save(saved, {}));
  ASSERT_EQ(open()->load().value(), saved);
  set(R"({"resumeToken": )" + token_json(kOfAChange) + "}");
  const Checkpoint loaded = open()->load().value().value();
  EXPECT_EQ(loaded.position, position(kOfAChange));
  EXPECT_EQ(loaded.backfill, Backfill{});
  EXPECT_EQ(loaded.watermark, WallTime(std::chrono::seconds(0x6B0146EB)));
  // Of a token without a time, only what was settled once is known.
  set(R"({"resumeToken": {"_data": "other"}})");
  EXPECT_EQ(open()->load().value()->watermark, saved.watermark);
}

TEST_F(CheckpointStore, StateThatIsDamagedIsNeverTakenForNone) {
  const Checkpoint saved{.position = position(1), .watermark = WallTime(std::chrono::seconds(5)), .backfill = {}};
  for (const char* const damage :
       {R"({"eventExporter.watermarkNanos": "soon"})", R"({"eventExporter.watermarkNanos": 0.5})",
        R"({"eventExporter.backfill": null})", R"({"eventExporter.backfill": {}})",
        R"({"eventExporter.backfill.state": "walking"})", R"({"eventExporter.backfill.cursor": 5})",
        R"({"eventExporter.backfill.sent": "5"})", R"({"eventExporter": "x"})", R"({"eventExporter": []})"}) {
    run(R"({"delete": "ResumeTokens", "deletes": [{"q": {}, "limit": 0}]})");
    ASSERT_TRUE(open()->save(saved, {}));
    set(damage);
    const auto loaded = open()->load();
    ASSERT_FALSE(loaded) << damage;
    EXPECT_EQ(loaded.error().kind, ErrorKind::corrupt) << damage;
    EXPECT_THAT(loaded.error().message, HasSubstr("eventExporter"));
  }
}

TEST_F(CheckpointStore, AnotherClientsDocumentAndDeadLettersAreLeftAlone) {
  insert("ResumeTokens", R"({"_id": 1, "clientName": "fault-quarantine", "resumeToken": {"_data": "82"}})");
  ASSERT_TRUE(open_dead_letters(options_).value()->put(
      {.document_id = "a", .event_id = {}, .node = {}, .reason = "refused", .detail = {}}));
  const auto before = documents("ResumeTokens");
  const auto checkpoints = open();
  EXPECT_EQ(checkpoints->load().value(), std::nullopt);
  ASSERT_TRUE(checkpoints->save({.position = position(1), .watermark = {}, .backfill = {}}, {}));
  const auto after = documents("ResumeTokens");
  ASSERT_EQ(after.size(), 3U);
  for (const auto& document : before) {
    EXPECT_THAT(after, ::testing::Contains(document));
  }
}

TEST_F(CheckpointStore, APositionOfAnotherStreamIsNotSaved) {
  EXPECT_EQ(open()->save({.position = {"nonsense"}, .watermark = {}, .backfill = {}}, {}).error().kind,
            ErrorKind::invalid);
  EXPECT_EQ(documents("ResumeTokens").size(), 0U);
}

}  // namespace
}  // namespace exporter::mongodb
