#include "pipeline/notice_log.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observability/log.h"

namespace exporter::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Notice failed(int status, const std::string& detail) {
  return {.kind = Notice::Kind::attempt_failed,
          .document_id = "doc",
          .detail = detail,
          .text = {},
          .status = status,
          .attempt = 1,
          .delay = 1s};
}

// Real time passes, but never as long as a window of the folder.
class NoticeLogTest : public ::testing::Test {
 protected:
  void SetUp() override { log::init(log::Level::info, "dev"); }

  // The lines that one notice makes.
  static std::string write(const Notice& notice) {
    ::testing::internal::CaptureStderr();
    log_notice(notice, 17);
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(NoticeLogTest, FoldsWhatDiffersOnlyInTheEvent) {
  EXPECT_THAT(write(failed(503, "failing")),
              HasSubstr(R"("statusCode":503,"attempt":1,"maxRetries":17,"retryIn":1000000000)"));
  Notice another = failed(503, "failing");
  another.document_id = "another";
  another.attempt = 2;
  another.delay = 2s;
  EXPECT_EQ(write(another), "");
}

TEST_F(NoticeLogTest, KeepsOtherCausesApart) {
  EXPECT_NE(write(failed(503, "failing")), "");
  EXPECT_NE(write(failed(500, "failing")), "");
  EXPECT_NE(write(failed(0, "timeout")), "");
  Notice exhausted = failed(503, "failing");
  exhausted.kind = Notice::Kind::exhausted;
  EXPECT_THAT(write(exhausted), HasSubstr("Publish failed after max retries"));
  EXPECT_EQ(write(failed(503, "failing")), "");
}

TEST_F(NoticeLogTest, AlwaysSaysLastWhetherTheSinkTakesEvents) {
  Notice paused = failed(503, "failing");
  paused.kind = Notice::Kind::sink_paused;
  Notice recovered = failed(0, "");
  recovered.kind = Notice::Kind::sink_recovered;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(write(paused), HasSubstr("The sink takes no events"));
    EXPECT_THAT(write(recovered), HasSubstr("The sink takes events again"));
  }
}

TEST_F(NoticeLogTest, SaysInWhichTraceTheEventIs) {
  EXPECT_THAT(write(failed(503, "failing")), Not(HasSubstr("trace_id")));
  Notice traced = failed(500, "failing");
  traced.trace.trace_id.back() = 0x1f;
  traced.trace.span_id.back() = 0x2f;
  EXPECT_THAT(write(traced),
              HasSubstr(R"(,"trace_id":"0000000000000000000000000000001f","span_id":"000000000000002f"})"));
}

TEST_F(NoticeLogTest, EachTroubleSaysWhatToDo) {
  for (const auto kind : {Notice::Kind::attempt_failed, Notice::Kind::exhausted, Notice::Kind::refused_waiting,
                          Notice::Kind::set_aside, Notice::Kind::dead_letter_failed, Notice::Kind::sink_paused}) {
    Notice notice = failed(400, "refused");
    notice.kind = kind;
    EXPECT_THAT(write(notice), HasSubstr(R"("action":")"));
  }
}

}  // namespace
}  // namespace exporter::pipeline
