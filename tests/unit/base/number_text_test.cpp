// Numbers for people.
#include "base/number_text.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(Thousands, AreSetApart) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(5000), "5,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
}

TEST(Counted, OneIsNoPlural) {
  EXPECT_EQ(counted(0, "letter"), "0 letters");
  EXPECT_EQ(counted(1, "letter"), "1 letter");
  EXPECT_EQ(counted(5000, "letter"), "5000 letters");
}

}  // namespace
}  // namespace exporter
