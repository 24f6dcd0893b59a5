#include "observability/line_folder.h"

#include <algorithm>
#include <utility>

namespace exporter::log {

namespace {

constexpr std::string_view kOthers = "other causes";

}  // namespace

std::optional<std::uint64_t> LineFolder::admit(Level level, std::string_view message, std::string_view cause,
                                               MonoTime now) {
  auto found = seen_.find(CauseView(level, message, cause));
  if (found == seen_.end() && causes_of(level, message) >= kMostCauses) {
    cause = kOthers;
    found = seen_.find(CauseView(level, message, cause));
  }
  if (found == seen_.end()) {
    if (seen_.size() < kMost) {
      seen_.emplace(Cause(level, message, cause), Seen{.written = now});
      next_end_ = std::min(next_end_, after(now, kWindow));
    }
    return 0;
  }
  Seen& seen = found->second;
  if (now < after(seen.written, kWindow)) {
    ++seen.left_out;
    return std::nullopt;
  }
  seen.written = now;
  return std::exchange(seen.left_out, 0);
}

std::vector<LineFolder::LeftOut> LineFolder::ended(MonoTime now) {
  std::vector<LeftOut> result;
  if (now < next_end_) {
    return result;
  }
  next_end_ = kNever;
  for (auto at = seen_.begin(); at != seen_.end();) {
    const MonoTime end = after(at->second.written, kWindow);
    if (now < end) {
      next_end_ = std::min(next_end_, end);
      ++at;
      continue;
    }
    const auto& [level, message, cause] = at->first;
    if (at->second.left_out > 0) {
      result.push_back({.level = level, .message = message, .cause = cause, .lines = at->second.left_out});
    }
    at = seen_.erase(at);
  }
  return result;
}

std::size_t LineFolder::causes_of(Level level, std::string_view message) const {
  std::size_t count = 0;
  for (auto at = seen_.lower_bound(CauseView(level, message, {}));
       at != seen_.end() && std::get<0>(at->first) == level && std::get<1>(at->first) == message; ++at) {
    count += std::get<2>(at->first) == kOthers ? 0U : 1U;
  }
  return count;
}

}  // namespace exporter::log
