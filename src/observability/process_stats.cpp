#include "observability/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace exporter::metrics {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// Files of /proc have no size: read to the end.
std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

double count_open_fds() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  double count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++count;
  }
  // One of them is the descriptor of this very listing.
  return count > 0 ? count - 1 : 0;
}

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view line) {
  // Field 2 is the name in parentheses and may hold spaces and parentheses, so count from the last one.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  constexpr std::size_t kFirst = 3;  // the number, in proc(5), of the field after the name
  constexpr std::size_t kUserTime = 14, kSystemTime = 15, kStartTime = 22, kVirtualSize = 23, kResident = 24;
  std::array<std::uint64_t, kResident + 1> fields{};
  std::string_view rest = line.substr(name_end + 1);
  for (std::size_t field = kFirst; field <= kResident; ++field) {
    const std::size_t begin = rest.find_first_not_of(" \n");
    if (begin == std::string_view::npos) {
      return std::nullopt;
    }
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(word.size());
    const auto number = parse_number(word);
    const bool needed = field == kUserTime || field == kSystemTime || field >= kStartTime;
    if (needed && !number) {
      return std::nullopt;
    }
    fields[field] = number.value_or(0);
  }
  return ProcStat{.cpu_ticks = fields[kUserTime] + fields[kSystemTime],
                  .start_ticks = fields[kStartTime],
                  .virtual_bytes = fields[kVirtualSize],
                  .resident_pages = fields[kResident]};
}

std::optional<std::uint64_t> parse_boot_time(std::string_view text) {
  constexpr std::string_view kKey = "btime ";
  std::size_t at = text.find(kKey);
  while (at != std::string_view::npos && at != 0 && text[at - 1] != '\n') {
    at = text.find(kKey, at + 1);
  }
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view value = text.substr(at + kKey.size());
  return parse_number(value.substr(0, value.find('\n')));
}

ProcessStats read_process_stats() {
  // Neither changes while the process lives.
  static const double kTicksPerSecond = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const double kBootTime = static_cast<double>(parse_boot_time(read_file("/proc/stat")).value_or(0));

  ProcessStats stats;
  if (const auto stat = parse_proc_stat(read_file("/proc/self/stat"))) {
    stats.cpu_seconds = static_cast<double>(stat->cpu_ticks) / kTicksPerSecond;
    if (kBootTime > 0) {
      stats.start_time_seconds = kBootTime + static_cast<double>(stat->start_ticks) / kTicksPerSecond;
    }
    stats.virtual_bytes = static_cast<double>(stat->virtual_bytes);
    stats.resident_bytes = static_cast<double>(stat->resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  stats.open_fds = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    stats.max_fds = static_cast<double>(limit.rlim_cur);
  }
  return stats;
}

}  // namespace exporter::metrics
