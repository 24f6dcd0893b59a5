#include "sink/http/excerpt.h"

#include <algorithm>

namespace exporter::http {
namespace {

constexpr std::size_t kTellingBytes = 12;

// The length of the longest piece of `secret` at the start of `text` that must not be shown, 0 when there is none.
std::size_t secret_at_start(std::string_view text, std::string_view secret) {
  const auto shortest = std::min(kTellingBytes, secret.size());
  if (shortest == 0 || text.size() < shortest) {
    return 0;
  }
  std::size_t longest = 0;
  for (auto at = secret.find(text.substr(0, shortest)); at != std::string_view::npos;
       at = secret.find(text.substr(0, shortest), at + 1)) {
    const auto piece = secret.substr(at);
    const auto limit = std::min(piece.size(), text.size());
    const auto differs = std::mismatch(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(limit), text.begin());
    longest = std::max(longest, static_cast<std::size_t>(differs.first - piece.begin()));
  }
  return longest;
}

char printable(char c) {
  if (c >= ' ' && c < 0x7f) {
    return c;
  }
  return c == '\n' || c == '\r' || c == '\t' ? ' ' : '?';
}

}  // namespace

std::string make_excerpt(std::string_view text, std::string_view secret) {
  std::string excerpt;
  while (!text.empty() && excerpt.size() < kExcerptBytes) {
    if (const auto length = secret_at_start(text, secret); length != 0) {
      excerpt += "[redacted]";
      text.remove_prefix(length);
    } else {
      excerpt += printable(text.front());
      text.remove_prefix(1);
    }
  }
  if (excerpt.size() > kExcerptBytes) {
    excerpt.resize(kExcerptBytes);
  }
  return excerpt;
}

}  // namespace exporter::http
