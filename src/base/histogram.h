// How long things took, in buckets that grow with the value: any percentile within 1/2^StepBits of it, without sorting.
//
// Bucket edges are log-linear: 2^StepBits steps to each power of two, as HdrHistogram lays them out (hdrhistogram.github.io).
// With 5: within 3.2 %, 15 KiB; with 3: within 12.5 %, 4 KiB.
// Thread-safety: a plain value, used by one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace exporter {

template <unsigned StepBits>
class Histogram {
 public:
  // Negative durations (clocks that disagree) count as zero.
  void record(Duration value) {
    const auto nanos = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
    ++buckets_[bucket_of(nanos)];
    ++count_;
    max_ = std::max(max_, nanos);
  }
  void clear() { *this = Histogram(); }

  // What was recorded since `earlier`, which is an older copy of this one. Its max() is that of all time.
  [[nodiscard]] Histogram since(const Histogram& earlier) const {
    Histogram difference = *this;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      difference.buckets_[bucket] -= earlier.buckets_[bucket];
    }
    difference.count_ -= earlier.count_;
    return difference;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration max() const { return Duration(static_cast<std::int64_t>(max_)); }

  // The smallest bucket edge that at least `share` (0..1) of the values do not exceed; zero when there are none.
  [[nodiscard]] Duration percentile(double share) const {
    if (count_ == 0) {
      return Duration::zero();
    }
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += buckets_[bucket];
      if (seen >= wanted) {
        return Duration(static_cast<std::int64_t>(std::min(upper_edge(bucket), max_)));
      }
    }
    return max();
  }

 private:
  static constexpr std::size_t kSteps = std::size_t{1} << StepBits;
  static constexpr std::size_t kBuckets = kSteps * (64 - StepBits);

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSteps) {
      return static_cast<std::size_t>(value);
    }
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - StepBits;
    return (std::size_t{shift} << StepBits) + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < 2 * kSteps) {
      return bucket;
    }
    const auto shift = static_cast<unsigned>(bucket >> StepBits) - 1;
    const std::uint64_t step = kSteps + (bucket & (kSteps - 1));
    return ((step + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace exporter
