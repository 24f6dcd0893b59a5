// The lease in the incumbent's document, on a real server: neither harms the other's part.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "server_fixture.h"

namespace exporter::mongodb {
namespace {

using ports::Fence;
using ports::LeaseRecord;
using ::testing::HasSubstr;

constexpr const char* kTheirs = R"({"_id": {"$oid": "6b0146ebc17dfbdb0d29af63"}, "clientName": "event-exporter", )"
                                R"("resumeToken": {"_data": "826B0146EB000000012B0229296E04"}, "other": 5})";

class LeaseStore : public ServerTest {
 protected:
  std::unique_ptr<ports::LeaseStore> open() { return open_lease(options_, std::chrono::seconds(10)).value(); }
  void update(const std::string& change) {
    run(R"({"update": "ResumeTokens", "updates": [{"q": {"clientName": "event-exporter"}, "u": )" + change + "}]}");
  }
  void remove() { run(R"({"delete": "ResumeTokens", "deletes": [{"q": {}, "limit": 0}]})"); }
};

TEST_F(LeaseStore, IsAFieldOfTheIncumbentsDocument) {
  insert("ResumeTokens", kTheirs);
  const auto lease = open();
  ASSERT_EQ(lease->read().value(), std::nullopt);
  ASSERT_TRUE(lease->take(std::nullopt, "a").value());
  ASSERT_TRUE(lease->renew({"a", 1}).value());
  const auto stored = documents("ResumeTokens");
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_THAT(stored[0], HasSubstr(R"("resumeToken" : { "_data" : "826B0146EB000000012B0229296E04" }, "other" : 5, )"
                                   R"("eventExporterLease" : { "holder" : "a", "epoch" : )"));
  // The incumbent stores another token by $set, and leaves the lease as it is.
  update(R"({"$set": {"resumeToken": {"_data": "826B0146EB000000022B0229296E04"}}})");
  EXPECT_EQ(lease->read().value(), (LeaseRecord{.holder = "a", .epoch = 1, .beat = 1}));
}

TEST_F(LeaseStore, TheIncumbentsDocumentThatCameInPlaceOfOursIsUsed) {
  const auto lease = open();
  ASSERT_EQ(lease->read().value(), std::nullopt);
  ASSERT_TRUE(lease->take(std::nullopt, "a").value());
  remove();
  insert("ResumeTokens", kTheirs);
  EXPECT_TRUE(lease->renew({"a", 1}).value());
  EXPECT_EQ(documents("ResumeTokens").size(), 1U);
  EXPECT_EQ(open()->read().value(), (LeaseRecord{.holder = "a", .epoch = 1, .beat = 0}));
}

TEST_F(LeaseStore, TwoThatFindNoDocumentMakeOne) {
  const auto one = open();
  const auto other = open();
  ASSERT_EQ(one->read().value(), std::nullopt);
  ASSERT_EQ(other->read().value(), std::nullopt);
  EXPECT_TRUE(one->take(std::nullopt, "a").value());
  EXPECT_FALSE(other->take(std::nullopt, "b").value());
  EXPECT_EQ(documents("ResumeTokens").size(), 1U);
}

TEST_F(LeaseStore, ATokenThatIsNoneDoesNotComeByTheLease) {
  const auto lease = open();
  ASSERT_EQ(lease->read().value(), std::nullopt);
  ASSERT_TRUE(lease->take(std::nullopt, "a").value());
  EXPECT_EQ(open_checkpoints(options_).value()->load().value(), std::nullopt);
}

TEST_F(LeaseStore, OneThatIsDamagedIsNeverTakenForNone) {
  for (const char* const damage : {R"("x")", "[]", "{}", R"({"holder": 5, "epoch": 1, "beat": 1})",
                                   R"({"holder": "a", "epoch": "1", "beat": 1})", R"({"holder": "a", "epoch": 1})"}) {
    remove();
    insert("ResumeTokens", kTheirs);
    update(fmt::format(R"({{"$set": {{"eventExporterLease": {}}}}})", damage));
    const auto before = documents("ResumeTokens");
    const auto lease = open();
    const auto read = lease->read();
    ASSERT_FALSE(read) << damage;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(read.error().message, HasSubstr("eventExporterLease of the document"));
    EXPECT_FALSE(lease->renew({"b", 1}).value_or(false));
    EXPECT_EQ(documents("ResumeTokens"), before);
  }
}

TEST_F(LeaseStore, ASaveOfAnotherTenureLeavesTheDocumentAsItIs) {
  insert("ResumeTokens", kTheirs);
  const auto lease = open();
  ASSERT_EQ(lease->read().value(), std::nullopt);
  ASSERT_TRUE(lease->take(std::nullopt, "a").value());
  const auto checkpoints = open_checkpoints(options_).value();
  const auto loaded = checkpoints->load().value().value();
  const auto before = documents("ResumeTokens");
  EXPECT_EQ(checkpoints->save(loaded, Fence{"b", 1}).error().kind, ErrorKind::not_leader);
  EXPECT_EQ(documents("ResumeTokens"), before);
  EXPECT_TRUE(checkpoints->save(loaded, Fence{"a", 1}));
}

}  // namespace
}  // namespace exporter::mongodb
