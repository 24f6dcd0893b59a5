#include "source/mongodb/error_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace exporter::mongodb {
namespace {

Error of_server(std::int32_t code, std::string message = "words of the server") {
  return classify({.code = code, .message = std::move(message)});
}

void expect_kind(const std::vector<std::int32_t>& codes, ErrorKind kind) {
  for (const std::int32_t code : codes) {
    const Error error = of_server(code);
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_NE(error.message.find("code " + std::to_string(code) + "): words of the server"), std::string::npos)
        << error.message;
  }
}

TEST(ErrorTable, WhatMeansThatThePositionIsLost) {
  expect_kind({9, 14, 15, 136, 260, 286, 10334, 40647, 40649, 50811}, ErrorKind::position_lost);
}

TEST(ErrorTable, WhatMeansThatTheServerDoesNotKnowUs) {
  expect_kind({11, 13, 18, 31, 334, 8000}, ErrorKind::unauthorized);
}

TEST(ErrorTable, WhatNeverGoesAway) { expect_kind({59, 40324, 40415, 40573}, ErrorKind::invalid); }

TEST(ErrorTable, WhatPassesByItself) {
  expect_kind({6,   7,    43,    50,    64,    89,    91,    94,    133,   189, 234, 237,
               262, 9001, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 0,   1,   12345},
              ErrorKind::transient);
}

TEST(ErrorTable, AKnownCodeIsNamedForTheReaderOfTheLog) {
  EXPECT_EQ(of_server(286).message,
            "the stream's position is no longer in the server's log (ChangeStreamHistoryLost, code 286): words of the "
            "server");
  EXPECT_EQ(of_server(12345).message, "MongoDB refused (code 12345): words of the server");
}

TEST(ErrorTable, ABrokenStreamIsALostPositionOnlyWhenTheServerSaysSo) {
  for (const char* const words :
       {"PlanExecutor error during aggregation :: caused by :: cannot resume stream; the resume token was not found. "
        "{_data: \"82\"}",
        "Executor error during getMore :: caused by :: cannot resume stream; the resume token was not found.",
        "resume of change stream was not possible, as the resume token was not found",
        "Resume of change stream was not possible, as the resume point may no longer be in the oplog."}) {
    EXPECT_EQ(of_server(280, words).kind, ErrorKind::position_lost) << words;
  }
  const Error other = of_server(280, "Encountered an event while a collection was resharded");
  EXPECT_EQ(other.kind, ErrorKind::transient);
  EXPECT_NE(other.message.find("ChangeStreamFatalError, code 280"), std::string::npos);
}

TEST(ErrorTable, ACommandThatTheServerRepeatsIsCutAway) {
  for (const std::int32_t code : {13, 280, 12345}) {
    const Error error = of_server(
        code,
        "not authorized on other to execute command { insert: \"HealthEvents\", documents: [ { node: \"n1\" } ] }");
    EXPECT_TRUE(error.message.ends_with("not authorized on other to execute command")) << error.message;
    EXPECT_EQ(error.message.find("HealthEvents"), std::string::npos) << error.message;
  }
}

TEST(ErrorTable, ALongMessageIsCut) {
  EXPECT_LT(of_server(1, std::string(100'000, 'x')).message.size(), 400U);
  EXPECT_LT(of_server(13, std::string(100'000, 'x')).message.size(), 400U);
}

TEST(ErrorTable, TheLibrarysRefusedHandshakeIsAboutUs) {
  const Error error = classify({.message = "Authentication failed.", .from_library = true, .authentication = true});
  EXPECT_EQ(error.kind, ErrorKind::unauthorized);
  EXPECT_EQ(error.message, "the server does not take our credentials: Authentication failed.");
}

TEST(ErrorTable, WithoutAnAnswerThereIsNoCode) {
  // 11 is an error of the library's here, not the server's UserNotFound.
  const Error error = classify({.code = 11, .message = "No suitable servers found", .from_library = true});
  EXPECT_EQ(error.kind, ErrorKind::transient);
  EXPECT_EQ(error.message, "no answer from MongoDB: No suitable servers found");
}

}  // namespace
}  // namespace exporter::mongodb
