#include "tracing/traced_dead_letters.h"

namespace exporter::tracing {

Result<void> TracedDeadLetters::put(const ports::DeadLetter& letter) {
  if (!letter.trace.valid()) {
    return letters_.put(letter);
  }
  const WallTime started = clock_.wall_now();
  const MonoTime before = clock_.now();
  auto done = letters_.put(letter);
  recorder_.put(database_span(database_, operation_, {letter.trace.trace_id, ids_.span_id()}, letter.trace.span_id,
                              started, clock_.now() - before, done ? nullptr : &done.error()));
  return done;
}

}  // namespace exporter::tracing
