#include "app/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <sstream>

#include "decode/json_decoder.h"
#include "support/temp_dir.h"

namespace exporter::app {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return {}; }
  [[nodiscard]] WallTime wall_now() const override { return WallTime(Duration(1'788'955'200'123'456'789)); }
  bool sleep_until(MonoTime, std::stop_token) override { return true; }
};

class Ingest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sqlite::prepare(options_));
    writer_ = sqlite::Writer::open(options_, sqlite::Writer::Durability::lazy).value();
  }
  IngestReport ingest_text(const std::string& text) {
    std::istringstream in(text);
    return ingest(in, *writer_, decoder_, clock_).value();
  }
  [[nodiscard]] std::vector<std::string> query(const std::string& sql) const {
    std::vector<std::string> values;
    sqlite3* handle = nullptr;
    sqlite3_open(options_.path.c_str(), &handle);
    const auto collect = [](void* out, int count, char** texts, char**) {
      for (int index = 0; index < count; ++index) {
        static_cast<std::vector<std::string>*>(out)->emplace_back(texts[index]);
      }
      return 0;
    };
    sqlite3_exec(handle, sql.c_str(), collect, &values, nullptr);
    sqlite3_close(handle);
    return values;
  }
  [[nodiscard]] std::vector<std::string> documents() const {
    return query("SELECT document FROM health_events ORDER BY seq");
  }

  testing::TempDir dir_;
  sqlite::Options options_{.path = dir_ / "events.db"};
  std::unique_ptr<sqlite::Writer> writer_;
  decode::JsonDecoder decoder_;
  FixedClock clock_;
};

TEST_F(Ingest, StoresAWholeEventInTheStoredShape) {
  const auto report = ingest_text(
      R"({"version": 1, "agent": "syslog-health-monitor", "componentclass": "GPU", "CHECKNAME": "SysLogsXIDError",)"
      R"( "isFatal": true, "isHealthy": false, "message": "XID \"79\"", "recommendedAction": "RESTART_BM",)"
      R"( "errorCode": ["79"], "entitiesImpacted": [{"entityType": "PCI", "entityValue": "0000:17:00.0"}],)"
      R"( "metadata": {"driverVersion": "570.86.15"}, "generatedTimestamp": "2026-09-09T13:59:59.987654321+02:00",)"
      R"( "nodeName": "gpu-node-42", "drainOverrides": {"skip": true}, "processingStrategy": 1, "id": "x",)"
      R"( "futureField": [1]})"
      "\n");
  EXPECT_EQ(report, (IngestReport{1, 0, {}}));
  EXPECT_THAT(
      documents(),
      ElementsAre(
          R"({"createdAt":"2026-09-09T12:00:00.123456789Z","RawEvent":null,"healthevent":{"version":1,)"
          R"("agent":"syslog-health-monitor","componentClass":"GPU","checkName":"SysLogsXIDError","isFatal":true,)"
          R"("message":"XID \"79\"","recommendedAction":24,"errorCode":["79"],)"
          R"("entitiesImpacted":[{"entityType":"PCI","entityValue":"0000:17:00.0"}],)"
          R"("metadata":{"driverVersion":"570.86.15"},"generatedTimestamp":{"seconds":1788955199,"nanos":987654321},)"
          R"("nodeName":"gpu-node-42","drainOverrides":{"skip":true},"processingStrategy":1,"id":"x"},)"
          R"("healtheventstatus":{"nodequarantined":null,"userpodsevictionstatus":{"status":""},)"
          R"("faultremediated":null}})"));
  EXPECT_THAT(query("SELECT node_name, event_type, severity, recommended_action FROM health_events"),
              ElementsAre("gpu-node-42", "SysLogsXIDError", "GPU", "RESTART_BM"));
}

TEST_F(Ingest, GivesAnEventWithoutATimeThePresentOne) {
  ingest_text(R"({"nodeName": "n", "checkName": "c"})");
  EXPECT_THAT(documents(), ElementsAre(HasSubstr(R"("generatedTimestamp":{"seconds":1788955200,"nanos":123456789})")));
}

TEST_F(Ingest, WhatItStoresTheExportersDecoderReadsBack) {
  ingest_text(R"({"nodeName": "n", "checkName": "c", "recommendedAction": 77, "generatedTimestamp": {"seconds": 5}})");
  std::string document = documents().at(0);
  document.reserve(document.size() + event::RawBatch::kPadding);
  event::HealthEvent event;
  ASSERT_TRUE(decoder_.decode(document, event));
  EXPECT_EQ(event.node_name, "n");
  EXPECT_EQ(event.check_name, "c");
  EXPECT_EQ(event.recommended_action, 77);
  EXPECT_EQ(event.generated_timestamp, (event::Timestamp{5, 0}));
  EXPECT_THAT(query("SELECT recommended_action FROM health_events"), ElementsAre("77"));
}

TEST_F(Ingest, ReportsLineAndReasonAndStoresTheRest) {
  const auto report = ingest_text(
      "{\"nodeName\": \"n\", \"checkName\": \"c\"}\n"
      "\n"
      "{\"nodeName\": \"n\"\n"
      "[]\r\n"
      "{\"checkName\": \"c\"}\n"
      "{\"nodeName\": \"n\"}\n"
      "{\"nodeName\": \"n\", \"checkName\": \"c\", \"recommendedAction\": \"EXPLODE\"}\n"
      "{\"nodeName\": \"n\", \"checkName\": 5}\n"
      "{}, \"x\": {}\n"
      "{\"nodeName\": \"n\", \"checkName\": \"c\"}");
  EXPECT_EQ(report.accepted, 2U);
  EXPECT_EQ(report.rejected, 7U);
  std::vector<std::string> problems;
  for (const auto& problem : report.problems) {
    problems.push_back(std::to_string(problem.line) + " " + problem.reason);
  }
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("3 not valid JSON"), "4 must be a JSON object", "5 nodeName is missing or empty",
                          "6 checkName is missing or empty", HasSubstr("7 healthevent.recommendedAction"),
                          HasSubstr("8 healthevent.checkName: must be a string"), HasSubstr("9 not valid JSON")));
  EXPECT_EQ(documents().size(), 2U);
}

TEST_F(Ingest, RefusesALineOfMoreThanAMebibyteAndGoesOn) {
  const std::string good = R"({"nodeName": "n", "checkName": "c", "message": ")";
  const std::string limit = good + std::string((1 << 20) - good.size() - 2, 'x') + "\"}";
  ASSERT_EQ(limit.size(), 1U << 20);
  const auto report = ingest_text(limit + "\n" + limit + " \n" + limit);
  EXPECT_EQ(report, (IngestReport{2, 1, {{2, "longer than 1 MiB"}}}));
}

TEST_F(Ingest, StoresMoreThanOneTransactionAndBoundsItsList) {
  std::string text;
  for (int line = 0; line < 2500; ++line) {
    text += "{\"nodeName\": \"n\", \"checkName\": \"c\"}\nbad\n";
  }
  const auto report = ingest_text(text);
  EXPECT_EQ(report.accepted, 2500U);
  EXPECT_EQ(report.rejected, 2500U);
  EXPECT_EQ(report.problems.size(), IngestReport::kMaxProblems);
  EXPECT_THAT(query("SELECT count(*) FROM health_events"), ElementsAre("2500"));
}

TEST_F(Ingest, TakesAnEmptyInput) { EXPECT_EQ(ingest_text(""), IngestReport{}); }

}  // namespace

}  // namespace exporter::app
