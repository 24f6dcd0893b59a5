#include "lab/event_id_set.h"

#include <array>
#include <utility>

namespace exporter::lab {
namespace {

constexpr std::size_t kFirstSlots = 1 << 12;
constexpr std::size_t kUuidLength = 36;

constexpr std::array<int, 256> kHexValue = [] {
  std::array<int, 256> values{};
  values.fill(-1);
  for (unsigned digit = 0; digit < 10; ++digit) {
    values['0' + digit] = static_cast<int>(digit);
  }
  for (unsigned digit = 0; digit < 6; ++digit) {
    values['a' + digit] = static_cast<int>(10 + digit);
    values['A' + digit] = static_cast<int>(10 + digit);
  }
  return values;
}();

bool is_dash_place(std::size_t index) { return index == 8 || index == 13 || index == 18 || index == 23; }

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidLength) {
    return std::nullopt;
  }
  Uuid uuid;
  std::size_t digits = 0;
  for (std::size_t index = 0; index < kUuidLength; ++index) {
    if (is_dash_place(index)) {
      if (text[index] != '-') {
        return std::nullopt;
      }
      continue;
    }
    const int value = kHexValue[static_cast<unsigned char>(text[index])];
    if (value < 0) {
      return std::nullopt;
    }
    std::uint64_t& half = digits++ < 16 ? uuid.high : uuid.low;
    half = half << 4 | static_cast<std::uint64_t>(value);
  }
  return uuid;
}

void append_uuid(std::string& out, const Uuid& uuid) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  int shift = 60;
  const std::uint64_t* half = &uuid.high;
  for (std::size_t index = 0; index < kUuidLength; ++index) {
    if (is_dash_place(index)) {
      out += '-';
      continue;
    }
    out += kDigits[static_cast<std::size_t>(*half >> shift & 0xf)];
    shift -= 4;
    if (shift < 0) {
      shift = 60;
      half = &uuid.low;
    }
  }
}

EventIdSet::EventIdSet() : slots_(kFirstSlots) {}

std::size_t EventIdSet::find(const Uuid& uuid) const {
  // UUIDs of version 4 and 5 are random bits already; the multiplication spreads those that are not.
  const std::uint64_t mixed = (uuid.high ^ uuid.low) * 0x9E3779B97F4A7C15ULL;
  const std::size_t mask = slots_.size() - 1;
  std::size_t index = static_cast<std::size_t>(mixed >> 20) & mask;
  while (slots_[index].count != 0 && slots_[index].uuid != uuid) {
    index = (index + 1) & mask;
  }
  return index;
}

std::uint32_t EventIdSet::add(std::string_view id) {
  const std::optional<Uuid> uuid = parse_uuid(id);
  if (!uuid) {
    const auto found = texts_.find(id);
    return found != texts_.end() ? found->second++ : (texts_.emplace(id, 1U), 0U);
  }
  if (used_ * 10 >= slots_.size() * 7) {
    grow();
  }
  Slot& slot = slots_[find(*uuid)];
  if (slot.count == 0) {
    slot.uuid = *uuid;
    ++used_;
  }
  return slot.count++;
}

std::uint32_t EventIdSet::count(std::string_view id) const {
  if (const std::optional<Uuid> uuid = parse_uuid(id)) {
    return slots_[find(*uuid)].count;
  }
  const auto found = texts_.find(id);
  return found != texts_.end() ? found->second : 0;
}

void EventIdSet::clear() { *this = EventIdSet(); }

void EventIdSet::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.count != 0) {
      slots_[find(slot.uuid)] = slot;
    }
  }
}

void EventIdSet::for_each(const std::function<void(std::string_view, std::uint32_t)>& visit) const {
  std::string text;
  for (const Slot& slot : slots_) {
    if (slot.count == 0) {
      continue;
    }
    text.clear();
    append_uuid(text, slot.uuid);
    visit(text, slot.count);
  }
  for (const auto& [id, count] : texts_) {
    visit(id, count);
  }
}

}  // namespace exporter::lab
