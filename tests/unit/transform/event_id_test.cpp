#include "transform/event_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace exporter::transform {
namespace {

constexpr auto kStable = EventIds::Mode::stable;
constexpr auto kRandom = EventIds::Mode::random;

TEST(EventIds, NeverChangeForTheSameDocument) {
  // Computed once with Python: uuid.uuid5(uuid.UUID("15acf563-572e-40ab-a714-f3b2f9d7f4e0"), name). If this test fails,
  // the code is wrong, not the test: every sink would see every event again.
  EventIds ids(kStable, "sqlite/main/health_events/");
  EXPECT_EQ(event::to_string(ids.make("b5d1a7a2-6a0e-4e0d-9a3d-0a7a5f2f9c11")), "b8570f9a-1f6c-5c66-989e-6bd7bb7e860e");
  EXPECT_EQ(event::to_string(ids.make("")), "0cd21fb5-baf8-5b85-8bb3-ad90be01672c");
  EXPECT_EQ(event::to_string(ids.make("b5d1a7a2-6a0e-4e0d-9a3d-0a7a5f2f9c11")), "b8570f9a-1f6c-5c66-989e-6bd7bb7e860e");
  EventIds mongo(kStable, "mongodb/HealthEventsDatabase/HealthEvents/");
  EXPECT_EQ(event::to_string(mongo.make("68c17a3f5b0e4c2d9a7f1e01")), "f23d2539-2e78-5699-9fca-2a559aefaa3b");
  EXPECT_EQ(event::to_string(mongo.make(std::string(1000, 'x'))), "d628ad8a-2136-531c-bda6-0b6a723eb784");
}

TEST(EventIds, DifferByDocumentAndByStore) {
  EventIds ids(kStable, "sqlite/main/health_events/");
  EventIds others(kStable, "sqlite/other/health_events/");
  EXPECT_NE(ids.make("1"), ids.make("2"));
  EXPECT_NE(ids.make("1"), others.make("1"));
}

TEST(EventIds, AreVersion4AndNeverTheSameWhenRandom) {
  EventIds ids(kRandom, "sqlite/main/health_events/");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = event::to_string(ids.make("1"));
    EXPECT_EQ(id[14], '4') << id << ": the version";
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id << ": the variant";
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace exporter::transform
