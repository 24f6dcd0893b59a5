#include "config/nearest.h"

#include <algorithm>
#include <set>
#include <vector>

#include "config/keys.h"
#include "config/text.h"

namespace exporter::config {

namespace {

// Longer names than this are nobody's typing error.
constexpr std::size_t kLongestName = 80;

// insecureSkipVerify, insecure-skip-verify and insecure_skip_verify are one word to a tired reader.
std::string plain(std::string_view name) {
  std::string result = fold(name);
  std::erase_if(result, [](char c) { return c == '_' || c == '-'; });
  return result;
}

std::string_view last_segment(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// One third of the last word may be wrong, so that short words do not match everything.
std::size_t tolerance(std::string_view unknown) {
  return std::max<std::size_t>(1, plain(last_segment(unknown)).size() / 3);
}

std::string closest(std::string_view unknown, const std::set<std::string_view>& known) {
  if (unknown.size() > kLongestName) {
    return {};
  }
  const std::string wanted = plain(unknown);
  std::string_view best;
  std::size_t best_distance = tolerance(unknown) + 1;
  for (const std::string_view candidate : known) {
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
  return closest(unknown, std::set<std::string_view>(known.begin(), known.end()));
}

std::string nearest_key(std::string_view unknown) {
  std::set<std::string_view> known;
  for (const KeySpec& key : all_keys()) {
    known.insert(key.name);
  }
  std::string found = closest(unknown, known);
  if (!found.empty() || unknown.size() > kLongestName) {
    return found;
  }
  for (const std::string_view candidate : known) {
    if (plain(last_segment(candidate)) == plain(last_segment(unknown))) {
      return std::string(candidate);
    }
  }
  return {};
}

std::string nearest_table(std::string_view unknown) {
  std::set<std::string_view> known = {"exporter"};
  for (const KeySpec& key : all_keys()) {
    known.insert(key.name.substr(0, key.name.rfind('.')));
  }
  std::string found = closest(unknown, known);
  if (!found.empty() || unknown.size() > kLongestName) {
    return found;
  }
  for (const std::string_view candidate : known) {
    if (plain(last_segment(candidate)) == plain(last_segment(unknown))) {
      return std::string(candidate);
    }
  }
  return {};
}

}  // namespace exporter::config
