#include "decode/fields.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>

#include "base/json_text.h"
#include "event/enum_names.h"

namespace exporter::decode {
namespace {

// Sorted by length, so that a lookup compares with the few names of the same length only.
constexpr std::array<std::string_view, static_cast<std::size_t>(Field::unknown)> kNames = {
    "id",
    "agent",
    "isFatal",
    "message",
    "version",
    "metadata",
    "nodeName",
    "checkName",
    "errorCode",
    "isHealthy",
    "componentClass",
    "drainOverrides",
    "entitiesImpacted",
    "recommendedAction",
    "generatedTimestamp",
    "processingStrategy",
    "quarantineOverrides",
    "customRecommendedAction",
};
static_assert(std::is_sorted(kNames.begin(), kNames.end(),
                             [](std::string_view a, std::string_view b) { return a.size() < b.size(); }));
constexpr std::size_t kLongestName = kNames.back().size();

// kFirstOfLength[n]: index of the first name with n or more letters.
constexpr std::array<std::uint8_t, kLongestName + 2> kFirstOfLength = [] {
  std::array<std::uint8_t, kLongestName + 2> first{};
  for (std::size_t length = 0; length < first.size(); ++length) {
    std::size_t index = 0;
    while (index < kNames.size() && kNames[index].size() < length) {
      ++index;
    }
    first[length] = static_cast<std::uint8_t>(index);
  }
  return first;
}();

// A name without regard to letter case, to compare in three steps: bit 5 of each byte set. Two names of one length, one
// of them of letters only as ours, are folded to the same if and only if they differ in case at most.
using Folded = std::array<std::uint64_t, 3>;
static_assert(kLongestName <= sizeof(Folded));

constexpr Folded fold(std::string_view name) {
  std::array<char, sizeof(Folded)> bytes{};
  std::copy(name.begin(), name.end(), bytes.begin());
  Folded folded = std::bit_cast<Folded>(bytes);
  for (std::uint64_t& word : folded) {
    word |= 0x2020'2020'2020'2020U;
  }
  return folded;
}

constexpr std::array<Folded, kNames.size()> kFolded = [] {
  std::array<Folded, kNames.size()> folded{};
  std::transform(kNames.begin(), kNames.end(), folded.begin(), fold);
  return folded;
}();

constexpr std::size_t kExcerptBytes = 64;
constexpr std::size_t kFewPairs = 32;

template <class Integer>
Result<void> store_in_range(const Where& where, std::int64_t number, Integer& out) {
  if (number < std::int64_t{std::numeric_limits<Integer>::min()} ||
      number > std::int64_t{std::numeric_limits<Integer>::max()}) {
    return refuse(where, std::to_string(number) + " is out of range");
  }
  out = static_cast<Integer>(number);
  return {};
}

}  // namespace

Field find_field(std::string_view name) {
  if (name.size() > kLongestName) {
    return Field::unknown;
  }
  const Folded folded = fold(name);
  const std::size_t end = kFirstOfLength[name.size() + 1];
  for (std::size_t i = kFirstOfLength[name.size()]; i < end; ++i) {
    if (kFolded[i] == folded) {
      return static_cast<Field>(i);
    }
  }
  return Field::unknown;
}

std::string excerpt(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text.substr(0, kExcerptBytes));
  if (text.size() > kExcerptBytes) {
    quoted.append("...");
  }
  return quoted;
}

tl::unexpected<Error> refuse(const Where& where, std::string_view why) {
  std::string message = "healthevent";
  if (where.field != Field::unknown) {
    message.append(".").append(kNames[static_cast<std::size_t>(where.field)]);
  }
  if (where.index != Where::kNoIndex) {
    message.append("[").append(std::to_string(where.index)).append("]");
  }
  if (!where.member.empty()) {
    const bool from_document = where.field == Field::metadata;
    message.append(".").append(from_document ? excerpt(where.member) : std::string(where.member));
  }
  message.append(": ").append(why);
  return fail(ErrorKind::rejected, std::move(message));
}

std::optional<std::int64_t> integer_from_text(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::optional<std::int64_t> integer_from_double(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  // NaN fails both comparisons.
  if (!(value >= -kTwoTo63 && value < kTwoTo63) || std::trunc(value) != value) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(value);
}

Result<void> store(const Where& where, std::int64_t number, std::uint32_t& out) {
  return store_in_range(where, number, out);
}
Result<void> store(const Where& where, std::int64_t number, std::int32_t& out) {
  return store_in_range(where, number, out);
}
Result<void> store(const Where&, std::int64_t number, std::int64_t& out) {
  out = number;
  return {};
}

Result<void> store_enum(const Where& where, std::string_view text, std::int32_t& out) {
  if (const auto number = integer_from_text(text)) {
    return store(where, *number, out);
  }
  const auto number = where.field == Field::recommended_action ? event::recommended_action_number(text)
                                                               : event::processing_strategy_number(text);
  if (!number) {
    return refuse(where, excerpt(text) + " is not a known name");
  }
  out = *number;
  return {};
}

void keep_last_of_each_key(Pairs& pairs) {
  if (pairs.size() <= kFewPairs) {
    // For each pair, from the back: drop it when its key stands again behind it.
    for (std::size_t i = pairs.size(); i-- > 0;) {
      const auto behind = pairs.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      const auto same_key = [&](const auto& pair) { return pair.first == pairs[i].first; };
      if (std::any_of(behind, pairs.end(), same_key)) {
        pairs.erase(behind - 1);
      }
    }
    return;
  }
  std::map<std::string_view, std::string_view> last;
  for (const auto& [key, value] : pairs) {
    last.insert_or_assign(key, value);
  }
  pairs.assign(last.begin(), last.end());
}

}  // namespace exporter::decode
