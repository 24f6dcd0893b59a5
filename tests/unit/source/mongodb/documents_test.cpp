#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server_fixture.h"

namespace exporter::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DocumentsTest : public ServerTest {
 protected:
  std::size_t read(const std::vector<std::string>& ids, std::size_t max_bytes = 1 << 20) {
    return documents_->read(ids, max_bytes, batch_, gone_).value();
  }

  std::unique_ptr<ports::Documents> documents_ = open_documents(options_).value();
  event::RawBatch batch_;
  std::vector<std::size_t> gone_;
};

TEST_F(DocumentsTest, AreFoundUnderKeysOfEveryType) {
  std::vector<std::string> ids;
  for (const char* const key :
       {R"({"$oid": "68c17a3f5b0e4c2d9a7f1e01"})", R"("68c17a3f5b0e4c2d9a7f1e02")", R"("it's \"quoted\" ü")", "5",
        R"({"$numberLong": "5000000000"})", "0.1", "true", R"({"$binary": {"base64": "AQID", "subType": "04"}})",
        R"({"$date": {"$numberLong": "1788955200123"}})", R"({"node": "n1", "n": 7})", R"({})"}) {
    const std::string document = testing::bson_of(std::string("{\"_id\": ") + key + "}");
    ids.push_back(document_id(*find(document, "_id")));
    insert("HealthEvents", std::string("{\"_id\": ") + key + R"(, "createdAt": {"$date": {"$numberLong": "1"}}})");
  }
  EXPECT_EQ(read(ids), ids.size());
  EXPECT_THAT(gone_, IsEmpty());
  ASSERT_EQ(batch_.size(), ids.size());
  for (std::size_t index = 0; index < ids.size(); ++index) {
    EXPECT_EQ(batch_[index].document_id, ids[index]);
    EXPECT_EQ(document_id(*find(batch_[index].document, "_id")), ids[index]);
  }
}

TEST_F(DocumentsTest, ThatDoNotFitIntoOneReplyAreNotTakenForGone) {
  const std::string text(5 << 20, 'x');
  auto writer = Writer::open(options_).value();
  std::vector<std::string> ids;
  for (const std::int32_t number : {1, 2, 3, 4}) {
    Bson document;
    document.add("_id", number).add("text", text);
    const std::string_view bytes = document.bytes();
    ASSERT_TRUE(writer->insert({&bytes, 1}));
    ids.push_back(document_id(*find(bytes, "_id")));
  }
  ids.insert(ids.begin() + 2, "99");
  EXPECT_EQ(read(ids, 100 << 20), 5U);
  EXPECT_EQ(batch_.size(), 4U);
  EXPECT_THAT(gone_, ElementsAre(2U));
}

TEST_F(DocumentsTest, DeadLettersThatDoNotFitIntoOneReplyAreAllListed) {
  auto letters = open_dead_letters(options_).value();
  for (const char* const id : {"1", "2", "3", "4"}) {
    ASSERT_TRUE(letters->put({.document_id = id,
                              .event_id = {},
                              .node = std::string(5 << 20, 'n'),
                              .reason = "refused",
                              .detail = {},
                              .at = {}}));
  }
  EXPECT_EQ(letters->page({}, 100).value().size(), 4U);
}

}  // namespace
}  // namespace exporter::mongodb
