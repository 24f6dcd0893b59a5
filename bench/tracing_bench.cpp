// What a trace costs the threads that deliver, and what making its spans costs the exporting thread.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/clock.h"
#include "tracing/event_spans.h"
#include "tracing/event_tracer.h"

namespace exporter::tracing {
namespace {

constexpr const char* kDocument = "65f1a2b3c4d5e6f708192a3b";

// Keeps the notes, so that their memory is given back where it is in the program: on another thread, in time that is not
// measured here.
class KeepingRecorder final : public Recorder {
 public:
  void put(Record record) override { records_.push_back(std::move(record)); }
  bool has_room() override { return room; }
  std::vector<Record>& records() { return records_; }

  bool room = true;

 private:
  std::vector<Record> records_;
};

event::HealthEvent health_event() {
  event::HealthEvent made;
  made.metadata = {{"chassis_serial", "SN00000001"},
                   {"driverVersion", "570.86.15"},
                   {"topology.kubernetes.io/zone", "us-west-2a"},
                   {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}};
  made.platform_connector_span_id = "00f067aa0ba902b7";
  return made;
}

void deliver(EventTracer& tracer, const event::HealthEvent& event, const event::Answer& answer) {
  auto trace = tracer.begin(event, kDocument, {});
  if (trace) {
    tracer.transformed(*trace);
  }
  benchmark::DoNotOptimize(tracer.sent(trace.get()));
  tracer.answered(trace.get(), answer);
  tracer.settled(std::move(trace));
}

// A thousand events whose ids differ, as in a stream: what guesses well on one id guesses badly on the next.
class HealthEvents {
 public:
  HealthEvents() {
    IdSource source(3);
    for (std::string& id : ids_) {
      id = to_string(source.trace_id());
      events_.push_back(health_event());
      events_.back().metadata.back().second = id;
    }
  }
  const event::HealthEvent& next() { return events_[next_++ % events_.size()]; }

 private:
  std::vector<std::string> ids_{1000};
  std::vector<event::HealthEvent> events_;
  std::size_t next_ = 0;
};

void run(benchmark::State& state, double ratio, bool room) {
  const SystemClock clock;
  KeepingRecorder recorder;
  recorder.room = room;
  EventTracer tracer(recorder, clock, Sampler(ratio), 1);
  HealthEvents events;
  event::Answer answer;
  answer.status = 202;
  for (auto _ : state) {
    deliver(tracer, events.next(), answer);
    if (recorder.records().size() == 512) {
      state.PauseTiming();
      recorder.records().clear();
      state.ResumeTiming();
    }
  }
}

void recorded(benchmark::State& state) { run(state, 1, true); }
void not_sampled(benchmark::State& state) { run(state, 1e-9, true); }
void no_room(benchmark::State& state) { run(state, 1, false); }

void spans_of_an_event(benchmark::State& state) {
  const SystemClock clock;
  KeepingRecorder recorder;
  EventTracer tracer(recorder, clock, Sampler(1), 1);
  EventSpans spans({.url = "http://sink.example.com:8080/events", .address = "sink.example.com", .port = 8080}, 2);
  const event::HealthEvent event = health_event();
  event::Answer answer;
  answer.status = 202;
  std::vector<Span> out;
  for (auto _ : state) {
    state.PauseTiming();
    out.clear();
    for (int i = 0; i < 128; ++i) {
      deliver(tracer, event, answer);
    }
    state.ResumeTiming();
    for (Record& record : recorder.records()) {
      spans.expand(std::move(record), out);
    }
    recorder.records().clear();
  }
  state.SetItemsProcessed(state.iterations() * 128);
}

BENCHMARK(recorded);
BENCHMARK(not_sampled);
BENCHMARK(no_room);
BENCHMARK(spans_of_an_event);

}  // namespace
}  // namespace exporter::tracing

BENCHMARK_MAIN();
