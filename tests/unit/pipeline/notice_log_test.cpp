#include "pipeline/notice_log.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class NoticeLogTest : public ::testing::Test {
 protected:
  // The lines that one notice makes.
  std::string write(const Notice& notice, MonoTime now) {
    ::testing::internal::CaptureStderr();
    log_.write(notice, now);
    return ::testing::internal::GetCapturedStderr();
  }
  NoticeLog log_{17, 1s};
};

TEST_F(NoticeLogTest, FoldsOneCauseToALineASecondAndSaysHowManyWereLeftOut) {
  EXPECT_THAT(write(failed(503, "failing"), MonoTime(1s)), HasSubstr(R"("linesLeftOut":0)"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(write(failed(503, "failing"), MonoTime(1999ms)), "");
  }
  const std::string next = write(failed(503, "failing"), MonoTime(2s));
  EXPECT_THAT(next, HasSubstr(R"("linesLeftOut":5)"));
  EXPECT_THAT(next, HasSubstr(R"("statusCode":503,"attempt":1,"maxRetries":17,"retryIn":1000000000)"));
  EXPECT_THAT(write(failed(503, "failing"), MonoTime(3s)), HasSubstr(R"("linesLeftOut":0)"));
}

TEST_F(NoticeLogTest, KeepsOtherCausesApart) {
  EXPECT_NE(write(failed(503, "failing"), MonoTime(1s)), "");
  EXPECT_NE(write(failed(500, "failing"), MonoTime(1s)), "");
  EXPECT_NE(write(failed(0, "timeout"), MonoTime(1s)), "");
  Notice exhausted = failed(503, "failing");
  exhausted.kind = Notice::Kind::exhausted;
  EXPECT_THAT(write(exhausted, MonoTime(1s)), HasSubstr("Publish failed after max retries"));
  EXPECT_EQ(write(failed(503, "failing"), MonoTime(1s)), "");
}

TEST_F(NoticeLogTest, SaysInWhichTraceTheEventIs) {
  Notice traced = failed(503, "failing");
  EXPECT_THAT(write(traced, MonoTime(1s)), Not(HasSubstr("trace_id")));
  traced.trace.trace_id.back() = 0x1f;
  traced.trace.span_id.back() = 0x2f;
  EXPECT_THAT(
      write(traced, MonoTime(2s)),
      HasSubstr(R"("linesLeftOut":0,"trace_id":"0000000000000000000000000000001f","span_id":"000000000000002f"})"));
}

}  // namespace
}  // namespace exporter::pipeline
