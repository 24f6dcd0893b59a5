#include "base/failpoint.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iterator>

namespace exporter::failpoint {

namespace {

// What the environment asks for, read once.
struct Wanted {
  std::string_view name;
  std::uint64_t times = 1;
};

Wanted wanted_by_environment() {
  const char* const text = std::getenv("EXPORTER_FAILPOINT");
  if (text == nullptr) {
    return {};
  }
  Wanted wanted{.name = text};
  if (const auto colon = wanted.name.find(':'); colon != std::string_view::npos) {
    const auto number = wanted.name.substr(colon + 1);
    wanted.name = wanted.name.substr(0, colon);
    std::from_chars(number.data(), number.data() + number.size(), wanted.times);
  }
  if (std::find(std::begin(kFailpoints), std::end(kFailpoints), wanted.name) == std::end(kFailpoints)) {
    std::_Exit(70);
  }
  return wanted;
}

}  // namespace

void reached(std::string_view name) {
  static const Wanted wanted = wanted_by_environment();
  static std::atomic<std::uint64_t> times = 0;
  if (name == wanted.name && ++times == wanted.times) {
    std::raise(SIGKILL);
  }
}

}  // namespace exporter::failpoint
