#include "base/nearest.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"

namespace exporter {

namespace {

// Longer names than this are nobody's typing error.
constexpr std::size_t kLongestName = 80;

std::string plain(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c != '_' && c != '-') {
      result += ascii_lower(c);
    }
  }
  return result;
}

// One third of the last word may be wrong, so that short words do not match everything.
std::size_t tolerance(std::string_view unknown) {
  return std::max<std::size_t>(1, plain(unknown.substr(unknown.rfind('.') + 1)).size() / 3);
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> before(width);  // row i - 2
  std::vector<std::size_t> above(width);   // row i - 1
  std::vector<std::size_t> row(width);
  for (std::size_t j = 0; j < width; ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      const std::size_t replaced = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::string nearest_of(std::string_view unknown, std::span<const std::string_view> known) {
  if (unknown.size() > kLongestName) {
    return {};
  }
  std::vector<std::string_view> sorted(known.begin(), known.end());
  std::sort(sorted.begin(), sorted.end());
  const std::string wanted = plain(unknown);
  std::string_view best;
  std::size_t best_distance = tolerance(unknown) + 1;
  for (const std::string_view candidate : sorted) {
    const std::string offered = plain(candidate);
    // Each step of the distance changes the length by one at most.
    if (std::max(wanted.size(), offered.size()) - std::min(wanted.size(), offered.size()) >= best_distance) {
      continue;
    }
    const std::size_t distance = edit_distance(wanted, offered);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return std::string(best);
}

}  // namespace exporter
