// Timestamps, durations and numbers as text, and the parts of a date. Sources: the CEL specification, sections "Overflow",
// "Timezones" and "Date/Time Functions"; RFC 3339; and how Go writes them, because cel-go does: durations in seconds
// ("3600s", "0.5s"), doubles in the fewest digits with an exponent from 1e+06 and below 1e-04.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "filter/functions.h"
#include "filter/value.h"

namespace exporter::filter {

inline constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
inline constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// RFC 3339 with any offset; more than nine digits of a fraction are cut off.
[[nodiscard]] std::optional<Value> parse_timestamp(std::string_view text);
// "1h30m", "-1.5h", "100ms", "0"; nanoseconds. Nothing for what does not fit into 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);
// "UTC", "+01:00", "-08:00", "02:00", "" -> seconds east. Names of regions are not known: they need a database.
[[nodiscard]] std::optional<std::int64_t> parse_zone(std::string_view text);

struct TimeText {
  char characters[48];
};
// In `room`.
[[nodiscard]] std::string_view timestamp_text(const Value& timestamp, TimeText& room);
[[nodiscard]] std::string_view duration_text(std::int64_t nanoseconds, TimeText& room);
[[nodiscard]] std::string_view double_text(double number, TimeText& room);

// getFullYear and the others, of a timestamp shifted by the zone's seconds.
[[nodiscard]] std::int64_t part_of_timestamp(const Value& timestamp, std::int64_t zone, Function part);
// getHours, getMinutes and getSeconds count the whole duration, getMilliseconds what is left of the last second.
[[nodiscard]] std::int64_t part_of_duration(std::int64_t nanoseconds, Function part);

}  // namespace exporter::filter
