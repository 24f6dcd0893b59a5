#include "source/mongodb/resume_token.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "support/bson_text.h"

namespace exporter::mongodb {
namespace {

using testing::bson_of;

// As NVSentinel's exporter left them in the collection of tokens.
constexpr std::string_view kOfAChange =
    "826B0146EB000000032B022C0100296E5A1004D6341E243D7A4173AC448C417AEB710346645F6964006468C17A3F5B0E4C2D000000030004";
constexpr std::string_view kBetweenChanges = "826B014435000000992B0229296E04";

std::string token(std::string_view data) { return bson_of(fmt::format(R"({{"_data": "{}"}})", data)); }

std::string id_of(const std::string& value) {
  const std::string document = bson_of("{\"_id\": " + value + "}");
  return document_id(*find(document, "_id"));
}

TEST(ResumeToken, APositionGivesItBackAsItWas) {
  for (const std::string& bytes : {token(kOfAChange), token(kBetweenChanges),
                                   bson_of(R"({"_data": "82", "_typeBits": {"$binary": {"base64": "AQ==",
                                               "subType": "00"}}})"),
                                   bson_of("{}")}) {
    EXPECT_EQ(token_of(make_position(7, bytes), 7), bytes);
  }
}

TEST(ResumeToken, APositionOfAnotherStreamIsNone) {
  EXPECT_EQ(token_of(make_position(7, token(kOfAChange)), 8), std::nullopt);
  EXPECT_NE(make_position(7, token(kOfAChange)), make_position(8, token(kOfAChange)));
}

TEST(ResumeToken, GarbageIsNone) {
  const std::string good = make_position(7, token(kOfAChange)).token;
  EXPECT_EQ(token_of({}, 7), std::nullopt);
  EXPECT_EQ(token_of({"12345"}, 7), std::nullopt);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(token_of({good.substr(0, size)}, 7), std::nullopt) << size;
  }
  EXPECT_EQ(token_of({good + '\0'}, 7), std::nullopt);
  std::string wrong_type = good;
  wrong_type[8] = '\x7e';  // behind the fingerprint and the document's length: a type that BSON does not have
  EXPECT_EQ(token_of({wrong_type}, 7), std::nullopt);
}

TEST(ResumeToken, ItsTimeIsThatOfTheChangeOrOfThePlace) {
  EXPECT_EQ(time_of(token(kOfAChange)).seconds, 0x6B0146EBU);
  EXPECT_EQ(time_of(token(kOfAChange)).increment, 3U);
  EXPECT_EQ(time_of(token(kBetweenChanges)).seconds, 0x6B014435U);
  EXPECT_EQ(time_of(token(kBetweenChanges)).increment, 0x99U);
  EXPECT_EQ(time_of(token("826b0146eb000000032b0229296e04")).seconds, 0x6B0146EBU);
}

TEST(ResumeToken, ItsTimeIsUnknownInAnyOtherForm) {
  for (const char* const data : {"", "82", "826B0146EB0000000", "816B0146EB000000032B", "82ZZ0146EB000000032B",
                                 "826B0146EB0000000Z2B", "826B0146EB000000002B", "82-B0146EB000000032B"}) {
    EXPECT_FALSE(time_of(token(data)).known()) << data;
    EXPECT_FALSE(last_before(token(data)).known()) << data;
  }
  for (const char* const document : {"{}", R"({"_data": 5})", R"({"data": "826B0146EB000000032B0229296E04"})",
                                     R"({"_data": {"$binary": {"base64": "goI=", "subType": "00"}}})"}) {
    EXPECT_FALSE(time_of(bson_of(document)).known()) << document;
  }
}

TEST(ResumeToken, AViewOfBeforeItHoldsTheChangeItselfButNotWhatComesAtAPlaceBetween) {
  EXPECT_EQ(last_before(token(kOfAChange)).seconds, 0x6B0146EBU);
  EXPECT_EQ(last_before(token(kOfAChange)).increment, 3U);
  EXPECT_EQ(last_before(token(kBetweenChanges)).seconds, 0x6B014435U);
  EXPECT_EQ(last_before(token(kBetweenChanges)).increment, 0x98U);
}

TEST(DocumentId, OfAnObjectIdIsItsDigits) {
  EXPECT_EQ(id_of(R"({"$oid": "68c17a3f5b0e4c2d9a7f1e01"})"), "68c17a3f5b0e4c2d9a7f1e01");
}

TEST(DocumentId, OfAStringIsQuoted) {
  EXPECT_EQ(id_of(R"("68c17a3f5b0e4c2d9a7f1e01")"), R"("68c17a3f5b0e4c2d9a7f1e01")");
  EXPECT_EQ(id_of(R"("")"), R"("")");
  EXPECT_EQ(id_of(R"("a \" : }")"), R"("a \" : }")");
}

TEST(DocumentId, OfNumbersSaysTheirType) {
  EXPECT_EQ(id_of("5"), R"({ "$numberInt" : "5" })");
  EXPECT_EQ(id_of(R"({"$numberLong": "5"})"), R"({ "$numberLong" : "5" })");
}

TEST(DocumentId, OfBytesAndDocumentsIsTheirExtendedJson) {
  EXPECT_EQ(id_of(R"({"$binary": {"base64": "AQID", "subType": "04"}})"),
            R"({ "$binary" : { "base64" : "AQID", "subType" : "04" } })");
  EXPECT_EQ(id_of(R"({"node": "n1", "n": 5})"), R"({ "node" : "n1", "n" : { "$numberInt" : "5" } })");
}

TEST(DocumentId, LeadsBackToItsKey) {
  for (const char* const key : {R"({"$oid": "68c17a3f5b0e4c2d9a7f1e01"})", R"("68c17a3f5b0e4c2d9a7f1e01")",
                                R"("a \" : }")", R"("")", "5", "-0.5", R"({"$numberLong": "5"})",
                                R"({"$binary": {"base64": "AQID", "subType": "04"}})", R"({"node": "n1", "n": 5})"}) {
    const std::string id = id_of(key);
    const auto found = key_of(id);
    ASSERT_TRUE(found) << key;
    EXPECT_EQ(found->bytes(), bson_of(std::string("{\"_id\": ") + key + "}")) << key;
  }
}

TEST(DocumentId, OfAnotherFormLeadsNowhere) {
  for (const char* const id : {"", "5", "68C17A3F5B0E4C2D9A7F1E01", "{", "nonsense", R"({"$oid": 5})", "1, \"b\": 2"}) {
    EXPECT_FALSE(key_of(id)) << id;
  }
}

}  // namespace
}  // namespace exporter::mongodb
