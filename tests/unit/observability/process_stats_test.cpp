#include "observability/process_stats.h"

#include <gtest/gtest.h>

namespace exporter::metrics {
namespace {

TEST(ProcessStats, ReadsTheFieldsAfterANameThatHoldsAnything) {
  EXPECT_EQ(parse_proc_stat("4711 (a ) b (x) R 1 2 3 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 4 0 98765 6291456 512 "
                            "18446744073709551615 1\n"),
            (ProcStat{.cpu_ticks = 175, .start_ticks = 98765, .virtual_bytes = 6291456, .resident_pages = 512}));
}

TEST(ProcessStats, RefusesAnotherForm) {
  EXPECT_EQ(parse_proc_stat(""), std::nullopt);
  EXPECT_EQ(parse_proc_stat("1 (x) R 1 2 3"), std::nullopt);
  EXPECT_EQ(parse_proc_stat("1 (x) R 1 2 3 0 -1 4194560 1 2 3 4 x 25 0 0 20 0 4 0 98765 6291456 512 1\n"),
            std::nullopt);
}

TEST(ProcessStats, FindsTheBootTime) {
  EXPECT_EQ(parse_boot_time("cpu  1 2 3\nxbtime 5\nbtime 1795240000\nprocesses 7\n"), 1795240000U);
  EXPECT_EQ(parse_boot_time("cpu  1 2 3\n"), std::nullopt);
}

TEST(ProcessStats, KnowsThisProcess) {
  const ProcessStats stats = read_process_stats();
  EXPECT_GT(stats.start_time_seconds, 1.6e9);
  EXPECT_GT(stats.resident_bytes, 1e6);
  EXPECT_GT(stats.virtual_bytes, stats.resident_bytes);
  EXPECT_GE(stats.open_fds, 3);
  EXPECT_GE(stats.max_fds, stats.open_fds);
}

}  // namespace
}  // namespace exporter::metrics
