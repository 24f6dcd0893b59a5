// The broken files of this folder and what docs/configuration.md says about them: the same text, the same messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "config/report.h"
#include "unit/config/fixture.h"

namespace exporter::config {
namespace {

std::vector<std::string> broken_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(EXPORTER_SOURCE_DIR "/tests/unit/config/broken")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(BrokenFiles, AreRefusedWithTheMessagesThatTheDocumentationShows) {
  const std::vector<std::string> names = broken_files();
  ASSERT_EQ(names.size(), 10U);
  const std::string documentation = read_source("docs/configuration.md");
  for (const std::string& name : names) {
    const std::string text = read_source("tests/unit/config/broken/" + name);
    const Loaded loaded = load_text(text);
    EXPECT_FALSE(loaded.ok()) << name;
    const std::string section = "```toml\n" + text + "```\n\n```text\n" + render_problems(loaded) + "```\n";
    EXPECT_NE(documentation.find(section), std::string::npos) << name << " should be documented as\n" << section;
  }
}

TEST(BrokenFiles, NeverShowASecret) {
  for (const std::string& name : broken_files()) {
    const Loaded loaded = load_text(read_source("tests/unit/config/broken/" + name));
    EXPECT_EQ(render_report(loaded).find("s3cret"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace exporter::config
