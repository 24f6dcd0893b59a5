#include "lab/delivery_ledger.h"

#include <algorithm>
#include <iterator>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace exporter::lab {
namespace {

constexpr std::size_t kMostNodes = 200'000;  // twice the largest cluster that NVSentinel plans for
constexpr std::size_t kMostSeconds = 600;

std::string iso_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     millis.count());
}

double millis(Duration value) { return std::chrono::duration<double, std::milli>(value).count(); }

}  // namespace

void DeliveryLedger::record(const Delivery& delivery, WallTime now) {
  if (received_++ == 0) {
    first_ = now;
  }
  last_ = now;
  count_second(now);
  if (delivery.made_ns) {
    latency_.record(now.time_since_epoch() - Duration(*delivery.made_ns));
  }
  const bool repeated = ids_.add(delivery.id) > 0;
  if (!delivery.sequence || repeated) {
    return;
  }
  const auto newest = newest_sequence_.find(delivery.node);
  if (newest == newest_sequence_.end()) {
    if (newest_sequence_.size() < kMostNodes) {
      newest_sequence_.emplace(delivery.node, *delivery.sequence);
    }
  } else if (*delivery.sequence < newest->second) {
    ++order_violations_;
  } else {
    newest->second = *delivery.sequence;
  }
}

void DeliveryLedger::count_second(WallTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now) - std::chrono::floor<std::chrono::seconds>(first_);
  const auto index = static_cast<std::size_t>(std::max<std::int64_t>(second.count(), 0));
  if (index >= kMostSeconds) {
    return;
  }
  if (index >= per_second_.size()) {
    per_second_.resize(index + 1);
  }
  ++per_second_[index];
}

void DeliveryLedger::answered(int status) { ++answers_[status]; }

void DeliveryLedger::saw_in_flight(std::size_t requests) { max_in_flight_ = std::max(max_in_flight_, requests); }

void DeliveryLedger::token_requested(bool given) {
  ++token_requests_;
  if (given) {
    ++tokens_given_;
  }
}

void DeliveryLedger::clear() { *this = DeliveryLedger(); }

std::string DeliveryLedger::to_json() const {
  std::string json;
  auto out = std::back_inserter(json);
  std::uint64_t requests = 0;
  std::string statuses;
  for (const auto& [status, count] : answers_) {
    requests += count;
    const std::string name = status == 0 ? "cut" : fmt::to_string(status);
    fmt::format_to(std::back_inserter(statuses), "{}\"{}\":{}", statuses.empty() ? "" : ",", name, count);
  }
  const double seconds = std::chrono::duration<double>(last_ - first_).count();
  fmt::format_to(out, R"({{"requests":{},"received":{},"distinctIds":{},"duplicates":{},"statuses":{{{}}})", requests,
                 received_, ids_.size(), received_ - ids_.size(), statuses);
  fmt::format_to(out, R"(,"nodes":{},"orderViolations":{},"maxInFlight":{},"tokenRequests":{},"tokensGiven":{})",
                 newest_sequence_.size(), order_violations_, max_in_flight_, token_requests_, tokens_given_);
  if (received_ > 0) {
    fmt::format_to(out, R"(,"first":"{}","last":"{}")", iso_time(first_), iso_time(last_));
  }
  fmt::format_to(out, R"(,"eventsPerSecond":{:.1f},"perSecond":[{}])",
                 seconds > 0 ? static_cast<double>(received_ - 1) / seconds : 0.0, fmt::join(per_second_, ","));
  fmt::format_to(out, R"(,"latencyMs":{{"count":{},"p50":{:.3f},"p90":{:.3f},"p99":{:.3f},"max":{:.3f}}}}})",
                 latency_.count(), millis(latency_.percentile(0.5)), millis(latency_.percentile(0.9)),
                 millis(latency_.percentile(0.99)), millis(latency_.max()));
  return json;
}

}  // namespace exporter::lab
