// How long things took, in buckets that grow with the value: any percentile to within 3.2 %, in 15 KiB, without
// sorting.
//
// Bucket edges are log-linear: 32 steps to each power of two, as HdrHistogram lays them out (hdrhistogram.github.io).
// Thread-safety: a plain value, used by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace exporter::lab {

class Histogram {
 public:
  // Negative durations (clocks that disagree) count as zero.
  void record(Duration value);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration max() const { return Duration(static_cast<std::int64_t>(max_)); }
  // The smallest bucket edge that at least `share` (0..1) of the values do not exceed; zero when there are none.
  [[nodiscard]] Duration percentile(double share) const;

 private:
  static constexpr unsigned kStepBits = 5;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
  static constexpr std::size_t kBuckets = kSteps * (64 - kStepBits);

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t upper_edge(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace exporter::lab
