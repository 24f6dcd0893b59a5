#include "admin/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

namespace exporter::admin {
namespace {

std::string source() {
  std::ifstream file(EXPORTER_SOURCE_DIR "/src/admin/page/index.html", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

TEST(Page, IsTheFileByteForByte) {
  ASSERT_FALSE(source().empty());
  EXPECT_EQ(page_text(), source());
}

TEST(Page, GetsTheNonceAtItsStyleAndItsScript) {
  const std::string page = page_with_nonce("abc123");
  EXPECT_EQ(count(page_text(), "%NONCE%"), 2U);
  EXPECT_EQ(count(page, "<style nonce=\"abc123\">"), 1U);
  EXPECT_EQ(count(page, "<script nonce=\"abc123\">"), 1U);
  EXPECT_EQ(count(page, "%NONCE%"), 0U);
  EXPECT_EQ(page.size(), page_text().size() - 2);
}

// What the policy would keep from running must not be there in the first place.
TEST(Page, IsOneFileWithoutWhatItsPolicyForbids) {
  const std::string page = source();
  EXPECT_EQ(count(page, "<style"), 1U);
  EXPECT_EQ(count(page, "<script"), 1U);
  EXPECT_FALSE(std::regex_search(page, std::regex(R"(\s(style|on[a-z]+)=\")"))) << "an inline style or handler";
  EXPECT_FALSE(std::regex_search(page, std::regex(R"((src|href|action)=\"(https?:)?//)"))) << "something from outside";
  EXPECT_EQ(count(page, "@import"), 0U);
  EXPECT_EQ(count(page, "url("), 0U);
}

// Strings of the exporter become text, never markup.
TEST(Page, NeverMakesMarkupOfText) {
  for (const char* const way :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("}) {
    EXPECT_EQ(count(page_text(), way), 0U) << way;
  }
}

TEST(Page, HasAPolicyThatAllowsNothingElse) {
  EXPECT_EQ(page_policy("abc"),
            "default-src 'none'; script-src 'nonce-abc'; style-src 'nonce-abc'; connect-src 'self'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

TEST(Page, HasANonceOf128BitsThatIsAnotherEachTime) {
  const auto first = new_nonce();
  const auto second = new_nonce();
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->size(), 32U);
  EXPECT_TRUE(std::all_of(first->begin(), first->end(),
                          [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
  EXPECT_NE(*first, *second);
}

}  // namespace
}  // namespace exporter::admin
