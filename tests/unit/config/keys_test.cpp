#include "config/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "config/text.h"

namespace exporter::config {
namespace {

TEST(Keys, PrintTheDefaultsThatTheConfigHas) {
  const Config defaults;
  for (const KeySpec& key : all_keys()) {
    if (key.default_text == "required") {
      continue;
    }
    EXPECT_EQ(format_value(key, defaults), key.default_text) << key.name;
  }
}

TEST(Keys, AreUniqueLowerCaseAndExplained) {
  std::set<std::string_view> names;
  for (const KeySpec& key : all_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_EQ(fold(key.name), key.name);
    EXPECT_TRUE(key.name.starts_with("exporter.")) << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_EQ(find_key(key.name), &key);
  }
  EXPECT_EQ(find_key("exporter.sink"), nullptr);
}

TEST(Keys, KnowTheirTables) {
  EXPECT_TRUE(is_known_table("exporter"));
  EXPECT_TRUE(is_known_table("exporter.sink"));
  EXPECT_FALSE(is_known_table("exporter.sin"));
  EXPECT_FALSE(is_known_table("exporter.sink.timeout"));
}

}  // namespace
}  // namespace exporter::config
