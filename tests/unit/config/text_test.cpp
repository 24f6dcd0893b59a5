#include "config/text.h"

#include <gtest/gtest.h>

#include "config/nearest.h"

namespace exporter::config {
namespace {

TEST(InQuotes, NeverSendsATerminalWhatItActsOn) {
  EXPECT_EQ(in_quotes("30 s"), "\"30 s\"");
  EXPECT_EQ(in_quotes("a\x1b[31m\n\"\\"), "\"a\\x1b[31m\\x0a\\\"\\\\\"");
  EXPECT_EQ(in_quotes("\u00e9\u20ac\U0001f600"), "\"\u00e9\u20ac\U0001f600\"");
  EXPECT_EQ(in_quotes("\xc2\x9b\xff\xc3\xed\xa0\x80"), "\"\\xc2\\x9b\\xff\\xc3\\xed\\xa0\\x80\"");
}

TEST(InQuotes, CutsWhatNobodyWouldRead) {
  EXPECT_EQ(in_quotes(std::string(5000, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

TEST(Trimmed, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed(" \t\n a b \r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
}

TEST(NearestKey, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_key("exporter.sink.timeot"), "exporter.sink.timeout");
  EXPECT_EQ(nearest_key("exporter.sink.insecureSkipVerify"), "exporter.sink.insecure_skip_verify");
  EXPECT_EQ(nearest_key("exporter.sink.max_retries"), "exporter.failure_handling.max_retries");
  EXPECT_EQ(nearest_key("exporter.snik.endpoint"), "exporter.sink.endpoint");
  EXPECT_EQ(nearest_key("endpoint"), "exporter.sink.endpoint");
  EXPECT_EQ(nearest_key("exporter.sink.colour"), "");
  EXPECT_EQ(nearest_key(std::string(5000, 'x')), "");
}

TEST(NearestTable, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_table("exporter.fliter"), "exporter.filter");
  EXPECT_EQ(nearest_table("exprter"), "exporter");
  EXPECT_EQ(nearest_table("sink"), "exporter.sink");
  EXPECT_EQ(nearest_table("exporter.metrics"), "");
}

}  // namespace
}  // namespace exporter::config
