#include "cli/verify_text.h"

#include <gtest/gtest.h>

namespace exporter::cli {
namespace {

using namespace std::chrono_literals;

TEST(VerifyText, AStepIsALineAndItsNotesFollowIndented) {
  app::VerifyStep step{.name = "sink TLS", .took = 1234ms, .finding = app::failed("refused", {"mend it", "or that"})};
  step.finding.warnings = {"odd"};
  EXPECT_EQ(verify_text(step),
            "FAILED   sink TLS              1.234 s  refused\n"
            "         warning: odd\n"
            "         do: mend it\n"
            "         do: or that\n");
}

TEST(VerifyText, WhatWasSkippedTookNoTime) {
  EXPECT_EQ(verify_text({.name = "token", .took = {}, .finding = app::skipped("client secret failed")}),
            "skipped  token                          client secret failed\n");
}

TEST(VerifyText, TheExcerptOfAProblemStaysInItsLines) {
  const app::VerifyStep step{
      .name = "configuration", .took = {}, .finding = app::failed("c", {"c:1: bad\n  x = 1\n  ^"})};
  EXPECT_EQ(verify_text(step),
            "FAILED   configuration         0.000 s  c\n"
            "         do: c:1: bad\n"
            "           x = 1\n"
            "           ^\n");
}

TEST(VerifyText, WordsOfServersCannotWriteToTheTerminal) {
  const app::VerifyStep step{.name = "token", .took = {}, .finding = app::failed("a\x1b[2Jb\n", {"\x07"})};
  EXPECT_EQ(verify_text(step),
            "FAILED   token                 0.000 s  a\\u001b[2Jb\\n\n"
            "         do: \\u0007\n");
}

TEST(VerifyJson, IsOneLineWithEverything) {
  app::VerifyStep step{.name = "sink DNS", .took = 250ms, .finding = {}};
  step.finding.seen = "a \"b\"\n";
  step.finding.warnings = {"w1", "w2"};
  step.finding.facts = {{"host", "h"}, {"addresses", "192.0.2.1"}};
  EXPECT_EQ(verify_json(step),
            R"({"step":"sink DNS","outcome":"ok","seconds":0.250000,"seen":"a \"b\"\n","warnings":["w1","w2"],)"
            R"("remedies":[],"facts":{"host":"h","addresses":"192.0.2.1"}})"
            "\n");
}

}  // namespace
}  // namespace exporter::cli
