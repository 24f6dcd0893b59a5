// What the kernel says about this process, as plain numbers for the process_* metrics.
//
// The names and units are those of the Prometheus client libraries' standard process metrics
// (prometheus.io, "Writing client libraries", process metrics). Thread-safety: free functions without state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exporter::metrics {

// Source of fields and units: proc(5), /proc/pid/stat.
struct ProcStat {
  std::uint64_t cpu_ticks = 0;    // user and system
  std::uint64_t start_ticks = 0;  // since boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;

  friend bool operator==(const ProcStat&, const ProcStat&) = default;
};

struct ProcessStats {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  // Unix
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double open_fds = 0;
  double max_fds = 0;
};

// The line of /proc/self/stat; empty if it has another form. The process name in it may hold anything.
[[nodiscard]] std::optional<ProcStat> parse_proc_stat(std::string_view line);

// The line `btime` of /proc/stat: Unix seconds of the boot; empty if there is none.
[[nodiscard]] std::optional<std::uint64_t> parse_boot_time(std::string_view text);

// Now, for this process. Numbers that cannot be read are 0. Costs some ten microseconds.
[[nodiscard]] ProcessStats read_process_stats();

}  // namespace exporter::metrics
