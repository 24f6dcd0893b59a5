#include "lab/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace exporter::lab {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kSteps) {
    return static_cast<std::size_t>(value);
  }
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kStepBits;
  return (std::size_t{shift} << kStepBits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) {
  if (bucket < 2 * kSteps) {
    return bucket;
  }
  const auto shift = static_cast<unsigned>(bucket >> kStepBits) - 1;
  const std::uint64_t step = kSteps + (bucket & (kSteps - 1));
  return ((step + 1) << shift) - 1;
}

void Histogram::record(Duration value) {
  const auto nanos = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  ++buckets_[bucket_of(nanos)];
  ++count_;
  max_ = std::max(max_, nanos);
}

void Histogram::clear() { *this = Histogram(); }

Duration Histogram::percentile(double share) const {
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

}  // namespace exporter::lab
