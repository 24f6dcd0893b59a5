#include "app/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "decode/json_decoder.h"
#include "support/memory_store.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter::app {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class DeadLetters : public ::testing::Test {
 protected:
  // Letters that are put later have later times.
  void put(const std::string& id, const std::string& node = "n1", const std::string& reason = "refused") {
    ASSERT_TRUE(letters_->put({.document_id = id,
                               .event_id = "event-of-" + id,
                               .node = node,
                               .reason = reason,
                               .detail = {},
                               .status = reason == "refused" ? 400 : 0,
                               .attempts = 1,
                               .at = WallTime(std::chrono::seconds(++seconds_))}));
  }
  void insert(const std::string& id, std::string document = R"({"healthevent": {"nodeName": "n1"}})") {
    store_.insert(id, std::move(document));
  }
  static std::vector<std::string> ids(const std::vector<ports::DeadLetter>& letters) {
    std::vector<std::string> ids;
    for (const auto& letter : letters) {
      ids.push_back(letter.document_id);
    }
    return ids;
  }
  ReplayPlan plan(const LetterSelection& selection) {
    return plan_replay(*letters_, *documents_, preparer_, selection, WallTime()).value();
  }
  std::optional<ShownLetter> show(const std::string& id) {
    return show_letter(*letters_, *documents_, preparer_, id, WallTime()).value();
  }

  testing::MemoryStore store_;
  std::unique_ptr<ports::DeadLetters> letters_ = store_.dead_letters();
  std::unique_ptr<ports::Documents> documents_ = store_.documents();
  decode::JsonDecoder decoder_;
  transform::CloudEventWriter writer_{{.metadata = {{"cluster", "c"}}}};
  transform::EventIds ids_{transform::EventIds::Mode::stable, "memory/"};
  pipeline::Preparer preparer_{decoder_, writer_, ids_};
  int seconds_ = 0;
};

TEST_F(DeadLetters, AreListedOldestFirstAndTheRestIsCounted) {
  for (const char* const id : {"d", "a", "c", "b"}) {
    put(id, id == std::string("c") ? "n2" : "n1");
  }
  const auto list = list_letters(*letters_, {.reason = {}, .node = "n1"}, 2).value();
  EXPECT_THAT(ids(list.letters), ElementsAre("d", "a"));
  EXPECT_EQ(list.more, 1U);
  EXPECT_EQ(list_letters(*letters_, {}, 0).value().more, 4U);
}

TEST_F(DeadLetters, OfManyPagesAreAllSeen) {
  for (int number = 0; number < 11'203; ++number) {
    put(std::to_string(number), number % 2 == 0 ? "n1" : "n2");
  }
  EXPECT_EQ(list_letters(*letters_, {.reason = "refused", .node = {}}, 1000000).value().letters.size(), 11203U);
  const auto selected = select_letters(*letters_, {.ids = {}, .filter = {.reason = {}, .node = "n2"}}).value();
  EXPECT_EQ(selected.document_ids.size(), 5601U);
  EXPECT_EQ(selected.document_ids.back(), "11201");
}

TEST_F(DeadLetters, AreSelectedByEitherIdEachOnceAndOldestFirst) {
  put("b");
  put("a");
  put("c");
  const auto selected =
      select_letters(*letters_, {.ids = {"a", "event-of-b", "nobody", "event-of-a"}, .filter = {}}).value();
  EXPECT_THAT(selected.document_ids, ElementsAre("b", "a"));
  EXPECT_THAT(selected.unknown, ElementsAre("nobody"));
}

TEST_F(DeadLetters, AreShownWithTheEventAsItWouldBeSent) {
  put("a");
  insert("a");
  const auto shown = show("event-of-a");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->document, ShownLetter::Document::stored);
  EXPECT_THAT(shown->event, HasSubstr(R"("nodeName":"n1")"));
  EXPECT_THAT(shown->event, HasSubstr("\"id\":\"" + event::to_string(ids_.make("a")) + "\""));
}

TEST_F(DeadLetters, AreShownWithoutTheirDocumentToo) {
  put("a");
  put("b");
  insert("b", "[]");
  EXPECT_EQ(show("a")->document, ShownLetter::Document::gone);
  EXPECT_EQ(show("b")->document, ShownLetter::Document::undecodable);
  EXPECT_FALSE(show("b")->reason.empty());
  EXPECT_FALSE(show("c"));
}

TEST_F(DeadLetters, APlanCountsWhatAReplayWouldDoAndChangesNothing) {
  put("a");
  insert("a");
  put("b", "n2", "undecodable");
  insert("b", "[]");
  put("c", "n2");
  const auto whole = plan({});
  EXPECT_EQ(whole.letters, 3U);
  EXPECT_EQ(whole.sendable, 1U);
  EXPECT_EQ(whole.undecodable, 1U);
  EXPECT_EQ(whole.gone, 1U);
  EXPECT_THAT(whole.by_reason, ElementsAre(Pair("refused", 2), Pair("undecodable", 1)));
  EXPECT_THAT(whole.by_node, ElementsAre(Pair("n1", 1), Pair("n2", 2)));
  EXPECT_THAT(whole.by_status, ElementsAre(Pair(0, 1), Pair(400, 2)));
  EXPECT_THAT(whole.unknown, IsEmpty());
  EXPECT_EQ(plan({.ids = {}, .filter = {.reason = "refused", .node = "n2"}}).letters, 1U);
  EXPECT_THAT(plan({.ids = {"x", "a"}, .filter = {}}).unknown, ElementsAre("x"));
  EXPECT_EQ(store_.letters().size(), 3U);
}

TEST_F(DeadLetters, PassOnWhatTheStoreFailsWith) {
  put("a");
  store_.fail_next({ErrorKind::transient, "no"});
  EXPECT_EQ(list_letters(*letters_, {}, 1).error().message, "no");
  store_.fail_next({ErrorKind::transient, "no"});
  EXPECT_EQ(select_letters(*letters_, {.ids = {"a"}, .filter = {}}).error().message, "no");
}

}  // namespace

}  // namespace exporter::app
