#include "status/recent.h"

#include <algorithm>

namespace exporter::status {

namespace {

constexpr std::size_t kMostSamples = 300;
constexpr std::size_t kLooksForLatency = 31;
constexpr std::size_t kLooksForRates = 6;

std::optional<double> rate(std::uint64_t before, std::uint64_t now, Duration between) {
  if (between <= Duration::zero()) {
    return std::nullopt;
  }
  return static_cast<double>(now - before) / std::chrono::duration<double>(between).count();
}

Latency latency_between(const DeliveryTimes& before, const DeliveryTimes& now) {
  const DeliveryTimes times = now.since(before);
  if (times.count() == 0) {
    return {};
  }
  return {.p50 = times.percentile(0.5), .p99 = times.percentile(0.99)};
}

}  // namespace

void Recent::add(const Counts& counts, std::optional<Duration> lag, MonoTime now) {
  if (!looks_.empty()) {
    const Look& last = looks_.back();
    const Latency latency = latency_between(last.counts.delivery_times, counts.delivery_times);
    samples_.push_back({.delivered = rate(last.counts.delivered, counts.delivered, now - last.at),
                        .failed = rate(last.counts.failed_attempts, counts.failed_attempts, now - last.at),
                        .p50 = latency.p50,
                        .p99 = latency.p99,
                        .lag = lag});
  }
  looks_.push_back({now, counts});
  if (looks_.size() > kLooksForLatency) {
    looks_.pop_front();
  }
  if (samples_.size() > kMostSamples) {
    samples_.pop_front();
  }
}

Rates Recent::rates() const {
  if (looks_.size() < 2) {
    return {};
  }
  const Look& from = looks_[looks_.size() - std::min(looks_.size(), kLooksForRates)];
  const Look& to = looks_.back();
  const Duration between = to.at - from.at;
  return {.delivered = rate(from.counts.delivered, to.counts.delivered, between),
          .failed_attempts = rate(from.counts.failed_attempts, to.counts.failed_attempts, between),
          .received = rate(from.counts.received, to.counts.received, between)};
}

Latency Recent::latency() const {
  return looks_.size() < 2 ? Latency{}
                           : latency_between(looks_.front().counts.delivery_times, looks_.back().counts.delivery_times);
}

}  // namespace exporter::status
