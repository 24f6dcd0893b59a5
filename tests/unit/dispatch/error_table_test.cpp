#include "dispatch/error_table.h"

#include <gtest/gtest.h>

#include "dispatch/retry_queue.h"

namespace exporter::dispatch {
namespace {

Verdict verdict(int status) {
  event::Answer answer;
  answer.status = status;
  return rule(answer).verdict;
}

TEST(ErrorTable, RulesEveryStatusOfTheDesign) {
  for (const int status : {200, 201, 202, 204, 299, 409}) {
    EXPECT_EQ(verdict(status), Verdict::accepted) << status;
  }
  for (const int status : {301, 302, 303, 307, 308, 304, 403, 404, 405, 407, 410, 415, 421, 426}) {
    EXPECT_EQ(verdict(status), Verdict::sink_problem) << status;
  }
  for (const int status : {400, 402, 406, 411, 412, 413, 414, 422, 431, 451}) {
    EXPECT_EQ(verdict(status), Verdict::refused) << status;
  }
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599, 100, 0, 700}) {
    EXPECT_EQ(verdict(status), Verdict::retry) << status;
  }
  EXPECT_EQ(verdict(401), Verdict::refresh);
}

TEST(ErrorTable, OnlyAClearYesSettles) {
  for (int status = 0; status < 1000; ++status) {
    EXPECT_EQ(verdict(status) == Verdict::accepted, (status >= 200 && status <= 299) || status == 409) << status;
  }
}

TEST(ErrorTable, TransportFailuresAreTriedAgain) {
  using event::TransportFailure;
  for (const auto failure :
       {TransportFailure::resolve, TransportFailure::connect, TransportFailure::tls, TransportFailure::timeout,
        TransportFailure::reset, TransportFailure::protocol, TransportFailure::closed}) {
    event::Answer answer;
    answer.failure = failure;
    answer.status = 200;  // of no weight when the exchange failed
    EXPECT_EQ(rule(answer).verdict, Verdict::retry);
  }
}

constexpr WallTime kNow{std::chrono::seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110

TEST(RetryAfter, ReadsSecondsAndAllThreeDateForms) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
  EXPECT_EQ(parse_retry_after("  7 ", kNow), seconds(7));
  EXPECT_EQ(parse_retry_after("0", kNow), seconds(0));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", kNow), seconds(10));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:47 GMT", kNow), seconds(10));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:47 1994", kNow), seconds(10));
}

TEST(RetryAfter, ADateIsMeasuredByTheDateOfTheSameAnswer) {
  using std::chrono::hours;
  using std::chrono::seconds;
  event::Answer answer;
  answer.status = 503;
  EXPECT_EQ(requested_wait(answer, kNow), Duration::zero());
  answer.retry_after = "Sun, 06 Nov 1994 08:49:47 GMT";
  EXPECT_EQ(requested_wait(answer, kNow), seconds(10));
  // Our clock is hours behind, or ahead: the sink's own two dates say 20 s.
  answer.date = "Sun, 06 Nov 1994 08:49:27 GMT";
  EXPECT_EQ(requested_wait(answer, kNow - hours(5)), seconds(20));
  EXPECT_EQ(requested_wait(answer, kNow + hours(5)), seconds(20));
  // Without a date that can be read, by our clock; seconds need none.
  answer.date = "yesterday";
  EXPECT_EQ(requested_wait(answer, kNow), seconds(10));
  answer.retry_after = "7";
  EXPECT_EQ(requested_wait(answer, kNow - hours(5)), seconds(7));
  answer.retry_after = "soon";
  EXPECT_EQ(requested_wait(answer, kNow), Duration::zero());
}

TEST(RetryAfter, PastIsNowAbsurdIsCappedGarbageIsNothing) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), Duration::zero());
  EXPECT_EQ(parse_retry_after("86400", kNow), kRetryAfterCeiling);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", kNow), kRetryAfterCeiling);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow), kRetryAfterCeiling);
  for (const char* garbage : {"", " ", "-5", "1.5", "soon", "Sun, 06 Nov 1994", "12 seconds"}) {
    EXPECT_EQ(parse_retry_after(garbage, kNow), std::nullopt) << garbage;
  }
}

TEST(RetryQueue, GivesWhatIsDueSoonestFirst) {
  RetryQueue queue;
  const MonoTime start{};
  queue.add({1, 0}, start + std::chrono::seconds(3));
  queue.add({2, 0}, start + std::chrono::seconds(1));
  queue.add({3, 0}, start + std::chrono::seconds(1));
  EXPECT_EQ(queue.next_due(), start + std::chrono::seconds(1));
  EXPECT_FALSE(queue.pop_due(start));
  EXPECT_EQ(queue.pop_due(start + std::chrono::seconds(5))->slot, 2u);
  EXPECT_EQ(queue.pop_due(start + std::chrono::seconds(5))->slot, 3u);
  EXPECT_EQ(queue.pop_due(start + std::chrono::seconds(5))->slot, 1u);
  EXPECT_EQ(queue.next_due(), kNever);
}

}  // namespace
}  // namespace exporter::dispatch
