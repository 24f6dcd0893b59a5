#include "tracing/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "tracing/sampler.h"

namespace exporter::tracing {
namespace {

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceIds, AreReadAsLowerCaseHexOfTheirLengthOnly) {
  EXPECT_EQ(to_string(*trace_id_from(kTrace)), kTrace);
  EXPECT_EQ(to_string(*span_id_from("00f067aa0ba902b7")), "00f067aa0ba902b7");
  EXPECT_EQ(*trace_id_from("00000000000000000000000000000000"), TraceId{});
  for (const char* text : {"", "4bf92f35", "4BF92F3577B34DA6A3CE929D0E0E4736", "4bf92f3577b34da6a3ce929d0e0e473g",
                           "4bf92f3577b34da6a3ce929d0e0e47361", " bf92f3577b34da6a3ce929d0e0e4736"}) {
    EXPECT_FALSE(trace_id_from(text)) << text;
    EXPECT_FALSE(span_id_from(text)) << text;
  }
}

TEST(TraceIds, AreWrittenForTheSinkAsTheStandardSays) {
  std::array<char, event::EventTrace::kTraceParentSize> out{};
  write_traceparent({*trace_id_from(kTrace), *span_id_from("00f067aa0ba902b7")}, out);
  EXPECT_EQ(std::string(out.data(), out.size()), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST(TraceIds, AreAllDifferent) {
  IdSource ids(random_seed());
  std::set<SpanId> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(ids.span_id());
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_NE(ids.trace_id(), ids.trace_id());
}

// The rule of the other services: the last eight bytes, shifted, below the ratio.
TEST(Sampler, LooksAtTheLastEightBytesAsTheOtherServicesDo) {
  const TraceId low = *trace_id_from("ffffffffffffffff0000000000000001");
  const TraceId middle = *trace_id_from("00000000000000007fffffffffffffff");
  const TraceId high = *trace_id_from("0000000000000000ffffffffffffffff");
  const Sampler half(0.5);
  EXPECT_TRUE(half.takes(low));
  EXPECT_TRUE(half.takes(middle));
  EXPECT_FALSE(half.takes(high));
  for (const TraceId& id : {low, middle, high}) {
    EXPECT_TRUE(Sampler(1).takes(id));
    EXPECT_FALSE(Sampler(0).takes(id));
  }
  EXPECT_TRUE(Sampler(0).takes_none());
  EXPECT_TRUE(Sampler(1).takes_all());
}

TEST(Sampler, TakesItsShare) {
  IdSource ids(1);
  const Sampler tenth(0.1);
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    taken += tenth.takes(ids.trace_id()) ? 1 : 0;
  }
  EXPECT_NEAR(taken, 10'000, 500);
}

}  // namespace
}  // namespace exporter::tracing
