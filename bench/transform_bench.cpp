// What one event costs before it is queued: decode, id, body. Goal: under 4 us for all three.
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "decode/json_decoder.h"
#include "event/raw_batch.h"
#include "transform/cloud_event.h"
#include "transform/event_id.h"

namespace exporter {
namespace {

// A document as the platform connector writes it, about 1 kB.
constexpr std::string_view kDocument =
    R"({"RawEvent": null, "createdAt": "2026-09-09T12:00:00.123456789Z", "healthevent": {)"
    R"("id": "1d6a2a2e-2f0b-4a55-8b9e-000000000000", "agent": "syslog-health-monitor", "isFatal": true, )"
    R"("message": "NVRM: Xid (PCI:0000:17:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.", )"
    R"("version": 1, "metadata": {"trace_id": "4bf92f3577b34da6a3ce929d0f000000", "driverVersion": "570.86.15", )"
    R"("idempotencyKey": "7a9d2c1e-8a77-4d7e-9f0a-0c3b5a1d2e4f#0#0"}, "nodeName": "gpu-node-0000", )"
    R"("checkName": "SysLogsXIDError", "errorCode": ["79"], "componentClass": "GPU", "entitiesImpacted": )"
    R"([{"entityType": "PCI", "entityValue": "0000:17:00.0"}, )"
    R"({"entityType": "GPU_UUID", "entityValue": "GPU-11111111-2222-3333-4444-555555555555"}], )"
    R"("recommendedAction": 24, "generatedTimestamp": {"nanos": 987654321, "seconds": 1788955199}, )"
    R"("processingStrategy": 1}, "healtheventstatus": {"spanids": {"platform-connector": "00f067aa0bb90000"}, )"
    R"("faultremediated": null, "nodequarantined": null, "userpodsevictionstatus": {"status": ""}}})";
constexpr std::string_view kDocumentId = "b5d1a7a2-6a0e-4e0d-9a3d-0a7a5f2f9c11";
constexpr std::string_view kPrefix = "sqlite/main/health_events/";

event::RawBatch batch_of_one() {
  event::RawBatch batch;
  batch.add(kDocumentId, kDocument, {});
  return batch;
}

transform::CloudEventWriter make_writer() {
  return transform::CloudEventWriter({.metadata = {{"cluster", "bench"}, {"environment", "test"}}});
}

void decode_json(benchmark::State& state) {
  const event::RawBatch batch = batch_of_one();
  decode::JsonDecoder decoder;
  event::HealthEvent event;
  const std::string_view document = batch[0].document;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(document, event));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * document.size()));
}
BENCHMARK(decode_json);

void make_stable_id(benchmark::State& state) {
  transform::EventIds ids(transform::EventIds::Mode::stable, kPrefix);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ids.make(kDocumentId));
  }
}
BENCHMARK(make_stable_id);

void make_random_id(benchmark::State& state) {
  transform::EventIds ids(transform::EventIds::Mode::random, kPrefix);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ids.make(kDocumentId));
  }
}
BENCHMARK(make_random_id);

void write_body(benchmark::State& state) {
  const event::RawBatch batch = batch_of_one();
  decode::JsonDecoder decoder;
  event::HealthEvent event;
  if (!decoder.decode(batch[0].document, event)) {
    state.SkipWithError("the document is refused");
    return;
  }
  transform::CloudEventWriter writer = make_writer();
  for (auto _ : state) {
    std::string body;  // as in the pipeline: each body is handed on
    writer.write(event, transform::kIdNamespace, {}, body);
    benchmark::DoNotOptimize(body.data());
  }
}
BENCHMARK(write_body);

void decode_id_and_body(benchmark::State& state) {
  const event::RawBatch batch = batch_of_one();
  decode::JsonDecoder decoder;
  event::HealthEvent event;
  transform::EventIds ids(transform::EventIds::Mode::stable, kPrefix);
  transform::CloudEventWriter writer = make_writer();
  const std::string_view document = batch[0].document;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(document, event));
    std::string body;
    writer.write(event, ids.make(kDocumentId), {}, body);
    benchmark::DoNotOptimize(body.data());
  }
}
BENCHMARK(decode_id_and_body);

}  // namespace
}  // namespace exporter

BENCHMARK_MAIN();
