// What ports/dead_letters.h and ports/documents.h promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "contract/store_world.h"

namespace exporter::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kPlenty = 1 << 20;

WallTime at(int second) { return WallTime(std::chrono::milliseconds(1'788'955'200'123 + 1000 * std::int64_t{second})); }

class DeadLettersContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  // With `number`'s document, put at that second.
  [[nodiscard]] ports::DeadLetter letter(int number, int second) const {
    return {.document_id = world_->id(number),
            .event_id = "event-" + std::to_string(number),
            .node = "gpu-node-1",
            .reason = "refused",
            .detail = "{\"error\": \"not \\\"that\\\"\"}",
            .status = 400,
            .attempts = 4'000'000'000,
            .at = at(second)};
  }
  void put(int number, int second) { ASSERT_TRUE(letters_->put(letter(number, second))); }
  // The documents of all letters, read in pages of that size.
  std::vector<std::string> listed(std::size_t limit) {
    std::vector<std::string> ids;
    std::optional<ports::DeadLetterKey> after;
    for (;;) {
      const auto page = letters_->page(after, limit).value();
      EXPECT_LE(page.size(), limit);
      for (const auto& each : page) {
        ids.push_back(each.document_id);
      }
      if (page.size() < limit) {
        return ids;
      }
      after = {.at = page.back().at, .document_id = page.back().document_id};
    }
  }
  [[nodiscard]] std::string id(int number) const { return world_->id(number); }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::DeadLetters> letters_ = world_->dead_letters();
};

INSTANTIATE_TEST_SUITE_P(Stores, DeadLettersContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(DeadLettersContract, CountsTheDocumentsNotThePuts) {
  EXPECT_EQ(letters_->count().value(), 0U);
  put(1, 1);
  put(1, 2);
  EXPECT_EQ(letters_->count().value(), 1U);
  put(2, 2);
  letters_ = world_->dead_letters();
  EXPECT_EQ(letters_->count().value(), 2U);
}

TEST_P(DeadLettersContract, GivesBackEverythingThatWasPut) {
  const auto written = letter(1, 1);
  ASSERT_TRUE(letters_->put(written));
  const ports::DeadLetter empty{
      .document_id = id(2), .event_id = {}, .node = {}, .reason = "undecodable", .detail = {}, .at = at(2)};
  ASSERT_TRUE(letters_->put(empty));
  letters_ = world_->dead_letters();
  EXPECT_THAT(letters_->page({}, 10).value(), ElementsAre(written, empty));
}

TEST_P(DeadLettersContract, PagesOldestFirstAndByIdWithinAMoment) {
  EXPECT_THAT(listed(10), IsEmpty());
  put(5, 1);
  put(3, 2);
  put(4, 2);
  put(2, 2);
  put(1, 3);
  for (const std::size_t limit : {1U, 2U, 3U, 5U, 100U}) {
    EXPECT_THAT(listed(limit), ElementsAre(id(5), id(2), id(3), id(4), id(1))) << limit;
  }
}

TEST_P(DeadLettersContract, ALetterThatIsPutAgainMovesToItsNewTime) {
  put(1, 1);
  put(2, 2);
  put(1, 3);
  EXPECT_THAT(listed(10), ElementsAre(id(2), id(1)));
}

TEST_P(DeadLettersContract, FindsByDocumentAndByEvent) {
  put(1, 1);
  put(2, 2);
  EXPECT_EQ(letters_->find(id(2)).value(), letter(2, 2));
  EXPECT_EQ(letters_->find("event-1").value(), letter(1, 1));
  EXPECT_EQ(letters_->find(id(3)).value(), std::nullopt);
  EXPECT_EQ(letters_->find("").value(), std::nullopt);
  EXPECT_EQ(letters_->find("not \xff UTF-8").value(), std::nullopt);
}

TEST_P(DeadLettersContract, RemovesWhatIsThereAndPassesOverTheRest) {
  put(1, 1);
  put(2, 2);
  put(3, 3);
  EXPECT_EQ(letters_->remove({}).value(), 0U);
  EXPECT_EQ(letters_->remove(std::vector{id(1), id(9), id(3)}).value(), 2U);
  letters_ = world_->dead_letters();
  EXPECT_THAT(listed(10), ElementsAre(id(2)));
}

class DocumentsContract : public ::testing::TestWithParam<StoreWorldFactory> {
 protected:
  void insert(int number, std::string_view json) { world_->insert(number, json, at(number)); }
  std::size_t read(const std::vector<int>& numbers, std::size_t max_bytes = kPlenty) {
    std::vector<std::string> ids;
    for (const int number : numbers) {
      ids.push_back(world_->id(number));
    }
    return documents_->read(ids, max_bytes, batch_, gone_).value();
  }
  [[nodiscard]] std::vector<std::string> found() const {
    std::vector<std::string> ids;
    for (std::size_t index = 0; index < batch_.size(); ++index) {
      ids.emplace_back(batch_[index].document_id);
    }
    return ids;
  }
  [[nodiscard]] std::string id(int number) const { return world_->id(number); }

  std::unique_ptr<StoreWorld> world_ = GetParam().make();
  std::unique_ptr<ports::Documents> documents_ = world_->documents();
  event::RawBatch batch_;
  std::vector<std::size_t> gone_;
};

INSTANTIATE_TEST_SUITE_P(Stores, DocumentsContract, ::testing::ValuesIn(all_worlds()),
                         [](const auto& world) { return world.param.name; });

TEST_P(DocumentsContract, ReadsInTheOrderAskedAndSaysWhatIsGone) {
  insert(1, R"({"n": 1})");
  insert(2, R"({"n": 2})");
  insert(3, R"({"n": 3})");
  world_->remove(2);
  EXPECT_EQ(read({3, 9, 1, 2}), 4U);
  EXPECT_THAT(found(), ElementsAre(id(3), id(1)));
  EXPECT_THAT(gone_, ElementsAre(1U, 3U));
  EXPECT_EQ(batch_[0].document, world_->stored(3, R"({"n": 3})", at(3)));
  EXPECT_EQ(read({2}), 1U);
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(gone_, ElementsAre(0U));
  EXPECT_EQ(read({}), 0U);
  EXPECT_THAT(gone_, IsEmpty());
}

TEST_P(DocumentsContract, EndsEarlyWhenTheBatchIsFullButNotBeforeItsFirst) {
  const std::string large = R"({"text": ")" + std::string(1000, 'x') + R"("})";
  for (const int number : {1, 2, 3}) {
    insert(number, large);
  }
  EXPECT_EQ(read({1, 2, 3}, 1), 1U);
  EXPECT_THAT(found(), ElementsAre(id(1)));
  EXPECT_EQ(read({1, 2, 3}, 1500), 2U);
  EXPECT_THAT(found(), ElementsAre(id(1), id(2)));
  EXPECT_THAT(gone_, IsEmpty());
}

TEST_P(DocumentsContract, TakesAnyTextForAnId) {
  insert(1, "{}");
  const std::vector<std::string> ids{"", "nonsense", "{\"$oid\": 5}", "\"", "not \xff UTF-8", id(1), "1, \"x\": 2"};
  EXPECT_EQ(documents_->read(ids, kPlenty, batch_, gone_).value(), ids.size());
  EXPECT_THAT(found(), ElementsAre(id(1)));
  EXPECT_THAT(gone_, ElementsAre(0U, 1U, 2U, 3U, 4U, 6U));
}

}  // namespace

}  // namespace exporter::testing
