#include "tracing/ids.h"

#include <algorithm>
#include <cstddef>
#include <random>

namespace exporter::tracing {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint8_t>(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<std::uint8_t>(c - 'a' + 10);
  }
  return std::nullopt;
}

template <std::size_t kSize>
std::optional<std::array<std::uint8_t, kSize>> from_hex(std::string_view text) {
  if (text.size() != 2 * kSize) {
    return std::nullopt;
  }
  std::array<std::uint8_t, kSize> bytes{};
  for (std::size_t i = 0; i < kSize; ++i) {
    const auto high = digit(text[2 * i]);
    const auto low = digit(text[2 * i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return bytes;
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
