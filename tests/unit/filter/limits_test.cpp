// An expression or an event of any size costs a bounded amount of time, stack and memory.
#include "support.h"

namespace exporter::filter {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(Limits, AnExpressionOf32KiBIsTakenAndALongerOneIsNot) {
  const std::string most = "'" + std::string(32768 - 8, 'x') + "' != ''";
  ASSERT_EQ(most.size(), 32768U - 8 + 8);
  EXPECT_EQ(outcome(most), "true");
  EXPECT_EQ(outcome(most + " "), "refused: the expression is 32769 bytes long; 32768 are allowed");
}

TEST(Limits, NestingIsRefusedBeforeItEndangersTheStack) {
  EXPECT_EQ(outcome(repeat("(", 249) + "true" + repeat(")", 249)), "true");
  const std::string deep = outcome(repeat("(", 10000) + "true" + repeat(")", 10000));
  EXPECT_EQ(deep, "refused: expressions may be nested 250 deep, not deeper");
  EXPECT_TRUE(outcome(repeat("!", 10000) + "true").starts_with("refused: this expression is too long a chain"));
  EXPECT_TRUE(outcome(repeat("1+", 10000) + "1 == 1").starts_with("refused: this expression is too long a chain"));
  EXPECT_TRUE(outcome("event" + repeat(".a", 10000) + " == 1").starts_with("refused: this expression is too long"));
  EXPECT_TRUE(outcome(repeat("[", 10000)).starts_with("refused"));
  EXPECT_TRUE(outcome(repeat("true?true:", 3000) + "true").starts_with("refused"));
  EXPECT_EQ(outcome(repeat("true || ", 4000) + "true"), "true");
}

TEST(Limits, WorkWithoutEndFailsAndIsNotHiddenByOr) {
  std::string nested = "true";
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) {
    nested = "[1,2,3,4,5,6,7,8,9,10].all(" + std::string(name) + ", " + nested + ")";
  }
  EXPECT_NE(outcome(nested).find("takes more than 200000 steps"), std::string::npos) << outcome(nested);
  EXPECT_NE(outcome(nested + " || true").find("takes more than 200000 steps"), std::string::npos);
}

TEST(Limits, MemoryWithoutEndFails) {
  std::string doubling = "['0123456789012345678901234567890123456789']";
  for (int i = 0; i < 14; ++i) {
    doubling += ".map(x, x + x)";
  }
  EXPECT_EQ(outcome(doubling + ".size() == 1"), "true");
  for (int i = 0; i < 14; ++i) {
    doubling += ".map(x, x + x)";
  }
  EXPECT_NE(outcome(doubling + ".size() == 1").find("error"), std::string::npos);
  EXPECT_NE(outcome(doubling + ".size() == 1 || true").find("needs more than 4194304 bytes"), std::string::npos)
      << outcome(doubling + ".size() == 1 || true");
}

TEST(Limits, ValuesAreNestedToABound) {
  std::string deeper = "[1]";
  for (int i = 0; i < 98; ++i) {
    deeper += ".map(x, [x])";
  }
  EXPECT_TRUE(outcome("dyn(" + deeper + ") != []").starts_with("true"));
  std::string too_deep = "[dyn(1)]";
  for (int i = 0; i < 50; ++i) {
    too_deep += ".map(x, [[[x]]])";
  }
  EXPECT_NE(outcome(too_deep + " != []").find("nested more than 100 deep"), std::string::npos);
}

TEST(Limits, TypesThatDoubleAtEachStepAreChecked) {
  std::string doubling = "[{'a': 1}]";
  for (int i = 0; i < 300; ++i) {
    doubling += ".map(x, {'a': [x, x]})";
  }
  EXPECT_FALSE(outcome("size(" + doubling + ") == 1").empty());
  EXPECT_FALSE(outcome("[[], {}, [[]], [{}]].map(x, [x, []]).map(y, [y, y, []]) == []").empty());
}

TEST(Limits, AFailureDoesNotSpoilTheNextEvaluation) {
  const auto program =
      Program::compile("event.errorCode.all(a, event.errorCode.all(b, event.errorCode.all(c, a + b + c != '')))");
  ASSERT_TRUE(program) << program.error().text();
  Evaluator evaluator(*program);
  event::HealthEvent small = sample_event();
  event::HealthEvent large = small;
  std::vector<std::string> codes(200);
  large.error_codes.clear();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = std::to_string(i);
    large.error_codes.push_back(codes[i]);
  }
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(evaluator.evaluate(small).decision, Decision::kept);
    EXPECT_EQ(evaluator.evaluate(large).decision, Decision::failed);
  }
}

TEST(Limits, AnEventOfAnySizeIsJudged) {
  const std::string text(std::size_t{1} << 20, 'a');
  event::HealthEvent event = sample_event();
  event.message = text;
  EXPECT_EQ(outcome("event.message.contains('b')", event), "false");
  EXPECT_EQ(outcome("event.message.matches('a+$')", event), "true");
  EXPECT_EQ(outcome("event.message.contains('" + std::string(20000, 'a') + "b')", event), "false");
  EXPECT_EQ(outcome("size(event.message) == 1048576", event), "true");
}

}  // namespace
}  // namespace exporter::filter
