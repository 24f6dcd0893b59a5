#include "lab/feeder.h"

#include <algorithm>

namespace exporter::lab {
namespace {

constexpr auto kShortestSleep = std::chrono::milliseconds(1);

}  // namespace

Result<std::uint64_t> feed_backlog(Generator& generator, DocumentWriter& writer, std::uint64_t count, Duration age,
                                   std::size_t batch, const Clock& clock, std::stop_token stop) {
  const WallTime first = clock.wall_now() - age;
  const double step = count > 0 ? static_cast<double>(age.count()) / static_cast<double>(count) : 0;
  std::uint64_t written = 0;
  while (written < count && !stop.stop_requested()) {
    const std::uint64_t end = std::min<std::uint64_t>(count, written + batch);
    for (std::uint64_t index = written; index < end; ++index) {
      const Duration offset(static_cast<std::int64_t>(step * static_cast<double>(index)));
      if (auto added = writer.add(generator.next(first + offset, false)); !added) {
        return fail(added.error());
      }
    }
    if (auto committed = writer.commit(); !committed) {
      return fail(committed.error());
    }
    written = end;
  }
  return written;
}

Result<std::uint64_t> feed_live(Generator& generator, DocumentWriter& writer, std::uint64_t count, double rate,
                                std::size_t batch, Clock& clock, std::stop_token stop) {
  const MonoTime start = clock.now();
  std::uint64_t written = 0;
  while (written < count && !stop.stop_requested()) {
    const double elapsed = std::chrono::duration<double>(clock.now() - start).count();
    // The first one is due at once.
    const auto due = std::min(count, static_cast<std::uint64_t>(elapsed * rate) + 1);
    if (due <= written) {
      const Duration next(static_cast<std::int64_t>(static_cast<double>(written) / rate * 1e9));
      clock.sleep_until(std::max(after(start, next), after(clock.now(), kShortestSleep)), stop);
      continue;
    }
    const std::uint64_t end = std::min<std::uint64_t>(due, written + batch);
    for (; written < end; ++written) {
      if (auto added = writer.add(generator.next(clock.wall_now(), true)); !added) {
        return fail(added.error());
      }
    }
    if (auto committed = writer.commit(); !committed) {
      return fail(committed.error());
    }
  }
  return written;
}

}  // namespace exporter::lab
