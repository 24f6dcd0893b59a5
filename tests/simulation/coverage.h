// What the runs reached: one list of states and faults, and how often each occurred.
//
// A state that is in the list and never reached is a hole in the simulation, so zero rows are shown, and most of them
// fail `make simulate`. Thread-safety: a plain value.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace exporter::simulation {

class Coverage {
 public:
  static constexpr std::size_t kMost = 160;  // rows

  // One more of a row of the list; another name is a broken invariant.
  void hit(std::string_view row);
  // The run is over: which faults occurred together.
  void end_run();
  void add(const Coverage& other);

  [[nodiscard]] std::uint64_t count(std::string_view row) const;
  // Rows that must be reached and were not.
  [[nodiscard]] std::vector<std::string_view> missing() const;
  // The whole table, for people.
  [[nodiscard]] std::string table() const;

  friend bool operator==(const Coverage&, const Coverage&) = default;

 private:
  std::array<std::uint64_t, kMost> counts_{};
  std::bitset<kMost> in_this_run_;
  std::vector<std::bitset<kMost>> together_;
};

}  // namespace exporter::simulation
