// Any text as the configuration file, and as the datastore's YAML: never a crash, the same answer twice, and a printable
// report without control bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "config/report.h"

namespace {

// Whatever a longer file could show, a file of this size shows too, and sooner.
constexpr std::size_t kLongestInput = std::size_t{8} << 10;

// `yaml`: what DATASTORE_YAML holds; empty for none.
std::string report(std::string_view text, std::string_view yaml) {
  exporter::config::Flags flags;
  flags.config_path = "config.toml";
  const exporter::config::Environment only_yaml = [yaml](const std::string& name) -> std::optional<std::string> {
    return name == "DATASTORE_YAML" ? std::optional<std::string>(yaml) : std::nullopt;
  };
  return render_report(exporter::config::load(flags, text, only_yaml));
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if ((c >= 0 && c < ' ' && c != '\n') || c == 0x7f) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kLongestInput) {
    return -1;  // libFuzzer: not for the corpus
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string as_file = report(text, {});
  const std::string as_yaml = report({}, text);
  if (as_file != report(text, {}) || as_yaml != report({}, text) || !is_printable(as_file) || !is_printable(as_yaml)) {
    std::abort();
  }
  return 0;
}
