#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace exporter {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("timeout", "timeotu"), 1U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(NearestOf, FindsWhatWasMeantAndNothingThatWasNot) {
  constexpr std::array<std::string_view, 4> kNames = {"nodeName", "message", "errorCode", "isFatal"};
  EXPECT_EQ(nearest_of("nodename", kNames), "nodeName");
  EXPECT_EQ(nearest_of("mesage", kNames), "message");
  EXPECT_EQ(nearest_of("error_codes", kNames), "errorCode");
  EXPECT_EQ(nearest_of("temperature", kNames), "");
  EXPECT_EQ(nearest_of(std::string(5000, 'm'), kNames), "");
}

}  // namespace
}  // namespace exporter
