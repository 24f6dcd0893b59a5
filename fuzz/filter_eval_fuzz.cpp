// An event, made of the bytes up to the first zero byte, and an expression, the bytes behind it: whatever both are, the
// decision is the same each time, and through operators that do not change it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filter_check.h"

namespace {

// The text's lines become the event's texts, in turn.
exporter::event::HealthEvent event_of(std::string_view text) {
  exporter::event::HealthEvent event;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    switch (number++ % 8) {
      case 0:
        event.agent = line;
        break;
      case 1:
        event.message = line;
        break;
      case 2:
        event.node_name = line;
        break;
      case 3:
        event.error_codes.push_back(line);
        break;
      case 4: {
        // A key stands at most once.
        const std::string_view key = line.substr(0, line.find('='));
        bool known = false;
        for (const auto& entry : event.metadata) {
          known = known || entry.first == key;
        }
        if (!known) {
          event.metadata.emplace_back(key, line.substr(std::min(line.size(), key.size() + 1)));
        }
        break;
      }
      case 5:
        event.recommended_action = static_cast<std::int32_t>(line.size());
        break;
      case 6:
        event.is_fatal = line.size() % 2 == 1;
        event.is_healthy = line.size() % 3 == 1;
        break;
      default:
        event.check_name = line;
        break;
    }
  }
  return event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace exporter;
  const std::string input(data, data + size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  const std::string_view expression = std::string_view(input).substr(std::min(input.size(), end + 1));
  const auto program = filter::Program::compile(expression);
  if (program) {
    fuzz::check_decisions(*program, event_of(std::string_view(input).substr(0, end)));
  }
  return 0;
}
