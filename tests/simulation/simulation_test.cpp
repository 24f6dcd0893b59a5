// The simulator itself: it is deterministic, and its seeds keep every promise.
#include "simulation/simulation.h"

#include <gtest/gtest.h>

namespace exporter::simulation {
namespace {

TEST(Simulation, ASeedReplaysExactly) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Coverage first;
    Coverage second;
    const Outcome once = simulate(draw_options(seed), first);
    const Outcome again = simulate(draw_options(seed), second);
    EXPECT_EQ(first, second);
    EXPECT_EQ(once.steps, again.steps);
    EXPECT_EQ(once.virtual_time, again.virtual_time);
  }
}

// `make simulate` runs many more, and fails when one of the states that it lists is never reached.
TEST(Simulation, TheFirstThreeHundredSeedsKeepEveryPromise) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Options options = draw_options(seed);
    EXPECT_EQ(simulate(options, coverage).violation, std::nullopt) << describe(options);
  }
}

TEST(Simulation, CountsWhatIsInTheListAndWhichFaultsOccurredTogether) {
  Coverage coverage;
  EXPECT_EQ(coverage.missing().front(), "fault: kill");
  coverage.hit("fault: kill");
  coverage.end_run();
  coverage.hit("fault: stop");
  coverage.hit("fault: read failed");
  coverage.end_run();
  EXPECT_EQ(coverage.count("fault: kill"), 1u);
  EXPECT_EQ(coverage.missing().front(), "fault: save failed");
  EXPECT_NE(coverage.table().find("1 of "), std::string::npos) << coverage.table();
  Coverage sum;
  sum.add(coverage);
  sum.add(coverage);
  EXPECT_EQ(sum.count("fault: kill"), 2u);
}

}  // namespace
}  // namespace exporter::simulation
