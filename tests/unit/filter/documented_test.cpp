// The examples of docs/filter.md are good expressions.
#include <fstream>
#include <regex>

#include "support.h"

namespace exporter::filter {
namespace {

// The lines of one section.
std::vector<std::string> section(const std::string& heading) {
  std::ifstream file(EXPORTER_SOURCE_DIR "/docs/filter.md");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) {
      inside = line == heading;
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

TEST(Documented, ExamplesCompileWithoutAWarning) {
  const std::regex row(R"(^\| .* \| `(.*)` \|$)");
  std::size_t examples = 0;
  for (const std::string& line : section("## Examples")) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) {
      continue;
    }
    ++examples;
    // Within a table a | is escaped.
    const std::string expression = std::regex_replace(found[1].str(), std::regex(R"(\\\|)"), "|");
    const auto program = Program::compile(expression);
    ASSERT_TRUE(program) << expression << '\n' << program.error().text();
    EXPECT_TRUE(program->warnings().empty()) << expression << '\n' << program->warnings()[0].text();
  }
  EXPECT_EQ(examples, 8U);
}

TEST(Documented, FieldsAreTheFieldsOfAnEvent) {
  std::string text;
  for (const std::string& line : section("## What it sees")) {
    text += line + '\n';
  }
  for (const std::string_view name : {"agent", "checkName", "componentClass", "message", "nodeName",
                                      "recommendedAction", "isFatal", "isHealthy", "errorCode", "metadata"}) {
    EXPECT_NE(text.find("`event." + std::string(name) + "`"), std::string::npos) << name;
  }
}

TEST(Documented, FunctionsAreThere) {
  EXPECT_EQ(outcome("'a'.matches('(?i)A') && has(event.metadata.gpu) && 'gpu' in event.metadata"), "true");
  EXPECT_EQ(outcome("event.errorCode.all(c, c != '46')"), "true");
  EXPECT_EQ(outcome("event.metadata.temperature > 80").substr(0, 5), "error");
  EXPECT_EQ(outcome("event.metadata.zone == 'a' || event.isFatal"), "true");
  EXPECT_EQ(outcome("timestamp('2026-01-01T00:00:00Z').getHours('+01:00') == 1"), "true");
}

}  // namespace
}  // namespace exporter::filter
