#include "tracing/ids.h"

#include <algorithm>
#include <cstddef>
#include <random>

namespace exporter::tracing {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::uint8_t kNoDigit = 0xff;

// By character. A table, because the digits of an id are random: each comparison would be guessed wrong a third of the
// time, and this is done for every event, also when its trace is not taken.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kHex.size(); ++i) {
    values[static_cast<std::uint8_t>(kHex[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint8_t value_of(char digit) { return kValues[static_cast<std::uint8_t>(digit)]; }

template <std::size_t kSize>
std::optional<std::array<std::uint8_t, kSize>> from_hex(std::string_view text) {
  if (text.size() != 2 * kSize) {
    return std::nullopt;
  }
  std::array<std::uint8_t, kSize> bytes{};
  std::uint8_t seen = 0;  // of all digits; no digit sets a bit that kNoDigit's upper half has
  for (std::size_t i = 0; i < kSize; ++i) {
    const std::uint8_t high = value_of(text[2 * i]);
    const std::uint8_t low = value_of(text[2 * i + 1]);
    seen = static_cast<std::uint8_t>(seen | high | low);
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return (seen & 0xf0) == 0 ? std::optional(bytes) : std::nullopt;
}

// Writes two digits for each byte; where it ended.
template <std::size_t kSize>
char* write_hex(const std::array<std::uint8_t, kSize>& bytes, char* out) {
  for (const std::uint8_t byte : bytes) {
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 0x0f];
  }
  return out;
}

template <std::size_t kSize>
std::string hex(const std::array<std::uint8_t, kSize>& bytes) {
  std::string text(2 * kSize, '0');
  write_hex(bytes, text.data());
  return text;
}

void store(std::uint64_t number, std::uint8_t* out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    *out++ = static_cast<std::uint8_t>(number >> shift);
  }
}

}  // namespace

std::optional<TraceId> trace_id_from(std::string_view text) { return from_hex<sizeof(TraceId)>(text); }
std::optional<SpanId> span_id_from(std::string_view text) { return from_hex<sizeof(SpanId)>(text); }

std::string to_string(const TraceId& id) { return hex(id); }
std::string to_string(const SpanId& id) { return hex(id); }

void write_traceparent(const SpanContext& context, std::array<char, event::EventTrace::kTraceParentSize>& out) {
  char* end = std::copy_n("00-", 3, out.data());
  end = write_hex(context.trace_id, end);
  *end++ = '-';
  end = write_hex(context.span_id, end);
  std::copy_n("-01", 3, end);
}

TraceId IdSource::trace_id() {
  TraceId id{};
  store(next(), id.data());
  store(next(), id.data() + sizeof(std::uint64_t));
  return id;
}

SpanId IdSource::span_id() {
  SpanId id{};
  store(next(), id.data());
  return id;
}

// splitmix64, without the one value in 2^64 that would be no id.
std::uint64_t IdSource::next() {
  for (;;) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    if (z != 0) {
      return z;
    }
  }
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace exporter::tracing
