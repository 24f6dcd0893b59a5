#include "pipeline/preparer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "event/raw_batch.h"
#include "unit/pipeline/fixture.h"

namespace exporter::pipeline {
namespace {

using Kind = event::PreparedEvent::Kind;

class PreparerTest : public ::testing::Test {
 protected:
  void wanted(std::string_view expression) {
    preparer_.emplace(stages_.decoder, stages_.writer, stages_.ids, filter::Program::compile(expression).value());
  }
  event::PreparedEvent prepare(const std::string& document) {
    event::RawBatch batch;
    batch.add("id-1", document, {.position = {"7"}});
    return preparer_->prepare(batch[0], WallTime());
  }

  Stages stages_;
  std::optional<Preparer> preparer_{std::in_place, stages_.decoder, stages_.writer, stages_.ids};
};

TEST_F(PreparerTest, WithoutAFilterEveryEventIsSent) {
  const auto event = prepare(document("n1"));
  EXPECT_EQ(event.kind, Kind::deliver);
  EXPECT_EQ(event.node, "n1");
  EXPECT_THAT(event.body, ::testing::HasSubstr("\"nodeName\":\"n1\""));
}

TEST_F(PreparerTest, WhatTheFilterHoldsBackHasNoBodyButMovesThePosition) {
  std::vector<std::string> held_back;
  wanted("event.nodeName == 'n1'");
  preparer_->on_filtered([&](const std::string& id) { held_back.push_back(id); });
  EXPECT_EQ(prepare(document("n1")).kind, Kind::deliver);
  EXPECT_TRUE(held_back.empty());
  const auto event = prepare(document("n2"));
  EXPECT_EQ(event.kind, Kind::filtered);
  EXPECT_EQ(event.document_id, "id-1");
  EXPECT_EQ(event.after.position.token, "7");
  EXPECT_TRUE(event.body.empty());
  EXPECT_EQ(held_back, std::vector<std::string>{"id-1"});
  EXPECT_EQ(preparer_->take_unjudged().events, 0U);
}

TEST_F(PreparerTest, WhatTheFilterCannotJudgeIsSentAndTold) {
  wanted("event.metadata['rack'] == 'r1'");
  EXPECT_EQ(prepare(document("n1")).kind, Kind::deliver);
  EXPECT_EQ(prepare(document("n2")).kind, Kind::deliver);
  const auto unjudged = preparer_->take_unjudged();
  EXPECT_EQ(unjudged.events, 2U);
  EXPECT_EQ(unjudged.check_name, "c");
  EXPECT_THAT(unjudged.error, ::testing::HasSubstr("rack"));
  EXPECT_EQ(preparer_->take_unjudged().events, 0U);
}

TEST_F(PreparerTest, WhatCannotBeDecodedIsNoMatterOfTheFilter) {
  wanted("false");
  EXPECT_EQ(prepare(R"({"healthevent":7})").kind, Kind::undecodable);
}

}  // namespace
}  // namespace exporter::pipeline
