#include "event/prepared_event.h"

#include <string_view>

namespace exporter::event {

std::string to_string(const EventId& id) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text.push_back('-');
    }
    text.push_back(kHex[id[i] >> 4]);
    text.push_back(kHex[id[i] & 0x0f]);
  }
  return text;
}

}  // namespace exporter::event
