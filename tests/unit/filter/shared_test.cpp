// One program, an evaluator for each of several threads.
#include <thread>

#include "support.h"

namespace exporter::filter {
namespace {

TEST(SharedProgram, DecidesTheSameForEveryThread) {
  const auto program = Program::compile(
      "event.message.matches('fall(en|ing) off') && event.errorCode.map(c, int(c)).exists(n, n > 40) && "
      "event.nodeName in ['gpu-node-0001', 'gpu-node-0002']");
  ASSERT_TRUE(program);
  std::vector<int> kept(4);
  {
    std::vector<std::jthread> threads;
    for (int& count : kept) {
      threads.emplace_back([&count, &program] {
        Evaluator evaluator(*program);
        event::HealthEvent event = sample_event();
        for (int i = 0; i < 500; ++i) {
          event.node_name = i % 2 == 0 ? "gpu-node-0001" : "gpu-node-0003";
          count += evaluator.evaluate(event).decision == Decision::kept ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(kept, (std::vector<int>(4, 250)));
}

}  // namespace
}  // namespace exporter::filter
