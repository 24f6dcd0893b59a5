#include <gtest/gtest.h>

#include "config/keys.h"
#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

TEST(Example, LoadsWithoutAnyProblemAndNamesEveryKey) {
  const Loaded loaded = load_text(read_source("config/event-exporter.example.toml"));
  EXPECT_EQ(printed(loaded), std::vector<std::string>{});
  for (const KeySpec& key : all_keys()) {
    EXPECT_TRUE(setting(loaded, key.name).find(" | config.toml:") != std::string::npos) << key.name;
  }
}

}  // namespace
}  // namespace exporter::config
