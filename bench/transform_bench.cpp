// What one event costs before it is queued: decode, id, body. Goal: under 4 us for all three.
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "decode/bson_decoder.h"
#include "decode/json_decoder.h"
#include "event/raw_batch.h"
#include "support/bson_text.h"
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
// The same event as the connector writes it to MongoDB: lower-case keys, every field present.
constexpr std::string_view kBsonDocument =
    R"({"_id": {"$oid": "68c17a3f5b0e4c2d9a7f1e01"}, "createdAt": {"$date": {"$numberLong": "1788955200123"}}, )"
    R"("healthevent": {"version": {"$numberLong": "1"}, "agent": "syslog-health-monitor", "componentclass": "GPU", )"
    R"("checkname": "SysLogsXIDError", "isfatal": true, "ishealthy": false, )"
    R"("message": "NVRM: Xid (PCI:0000:17:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.", )"
    R"("recommendedaction": {"$numberInt": "24"}, "errorcode": ["79"], "entitiesimpacted": )"
    R"([{"entitytype": "PCI", "entityvalue": "0000:17:00.0"}, )"
    R"({"entitytype": "GPU_UUID", "entityvalue": "GPU-11111111-2222-3333-4444-555555555555"}], )"
    R"("metadata": {"driverVersion": "570.86.15", "trace_id": "4bf92f3577b34da6a3ce929d0f000000", )"
    R"("idempotencyKey": "7a9d2c1e-8a77-4d7e-9f0a-0c3b5a1d2e4f#0#0"}, )"
    R"("generatedtimestamp": {"seconds": {"$numberLong": "1788955199"}, "nanos": {"$numberInt": "987654321"}}, )"
    R"("nodename": "gpu-node-0000", "quarantineoverrides": null, "drainoverrides": null, )"
    R"("processingstrategy": {"$numberInt": "1"}, "id": "1d6a2a2e-2f0b-4a55-8b9e-000000000000", )"
    R"("customrecommendedaction": ""}, "healtheventstatus": {"nodequarantined": "", )"
    R"("quarantinefinishtimestamp": null, "userpodsevictionstatus": {"status": "", "message": ""}, )"
    R"("drainfinishtimestamp": null, "faultremediated": null, "lastremediationtimestamp": null, )"
    R"("spanids": {"platform-connector": "00f067aa0bb90000"}}})";
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

template <class Decoder>
void decode_document(benchmark::State& state, std::string_view stored) {
  event::RawBatch batch;
  batch.add(kDocumentId, stored, {});
  Decoder decoder;
  event::HealthEvent event;
  const std::string_view document = batch[0].document;
  if (!decoder.decode(document, event)) {
    state.SkipWithError("the document is refused");
    return;
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(document, event));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(document.size()));
}

void decode_json(benchmark::State& state) { decode_document<decode::JsonDecoder>(state, kDocument); }
BENCHMARK(decode_json);

void decode_bson(benchmark::State& state) {
  decode_document<decode::BsonDecoder>(state, testing::bson_of(kBsonDocument));
}
BENCHMARK(decode_bson);

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
