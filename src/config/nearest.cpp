#include "config/nearest.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/nearest.h"
#include "config/keys.h"
#include "config/text.h"

namespace exporter::config {

namespace {

std::string plain(std::string_view name) {
  std::string result = fold(name);
  std::erase_if(result, [](char c) { return c == '_' || c == '-'; });
  return result;
}

std::string_view last_segment(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// The closest name, else one with the same last word.
std::string closest(std::string_view unknown, const std::set<std::string_view>& known) {
  std::string found = nearest_of(unknown, std::vector<std::string_view>(known.begin(), known.end()));
  if (!found.empty()) {
    return found;
  }
  const std::string last = plain(last_segment(unknown));
  for (const std::string_view candidate : known) {
    if (plain(last_segment(candidate)) == last) {
      return std::string(candidate);
    }
  }
  return {};
}

}  // namespace

std::string nearest_key(std::string_view unknown) {
  std::set<std::string_view> known;
  for (const KeySpec& key : all_keys()) {
    known.insert(key.name);
  }
  return closest(unknown, known);
}

std::string nearest_table(std::string_view unknown) {
  std::set<std::string_view> known = {"exporter"};
  for (const KeySpec& key : all_keys()) {
    known.insert(key.name.substr(0, key.name.rfind('.')));
  }
  return closest(unknown, known);
}

}  // namespace exporter::config
