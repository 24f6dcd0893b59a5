// Which event ids were seen and how often: a flat hash table with 24 bytes a slot, so that a million events fit in 48
// MiB.
//
// Ids are UUIDs (RFC 9562) as our exporter and the incumbent send them. Any other text is a legal CloudEvents id too
// and is kept as text, at a cost. Thread-safety: a plain value, used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::lab {

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// Nothing unless `text` is 8-4-4-4-12 lower- or upper-case hexadecimal digits.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);
// Appends the lower-case form.
void append_uuid(std::string& out, const Uuid& uuid);

class EventIdSet {
 public:
  EventIdSet();

  // How often `id` was added before this time.
  std::uint32_t add(std::string_view id);
  [[nodiscard]] std::uint32_t count(std::string_view id) const;
  // Different ids.
  [[nodiscard]] std::size_t size() const { return used_ + texts_.size(); }
  void clear();

  // Each id with its count, in no particular order.
  void for_each(const std::function<void(std::string_view id, std::uint32_t count)>& visit) const;

 private:
  struct Slot {
    Uuid uuid;
    std::uint32_t count = 0;  // 0: the slot is free
  };
  [[nodiscard]] std::size_t find(const Uuid& uuid) const;
  void grow();

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t used_ = 0;
  std::map<std::string, std::uint32_t, std::less<>> texts_;
};

}  // namespace exporter::lab
