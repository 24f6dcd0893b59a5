#include "dispatch/error_table.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace exporter::dispatch {

using namespace std::chrono_literals;

namespace {

struct Row {
  int status;
  Verdict verdict;
  std::string_view reason;
};

// Status codes: RFC 9110 section 15, RFC 6585 (429, 431). Rows that are not here fall to their class, below.
constexpr Row kRows[] = {
    // The sink already has an event with this source and id, which is what a repeat after a lost answer looks like.
    {409, Verdict::accepted, "the sink already has this event"},
    {401, Verdict::refresh, "the token was not accepted"},
    // The same for every event, so no event may be blamed: a wrong path, a missing permission, a method or a content
    // type that this endpoint does not take, a host that is not configured there.
    {403, Verdict::sink_problem, "the sink forbids it: check the permission and the scope"},
    {404, Verdict::sink_problem, "there is nothing at this path: check sink.endpoint"},
    {405, Verdict::sink_problem, "this path takes no POST: check sink.endpoint"},
    {407, Verdict::sink_problem, "a proxy asks for credentials"},
    {410, Verdict::sink_problem, "the endpoint is gone: check sink.endpoint"},
    {415, Verdict::sink_problem, "the sink does not take this content type: check sink.endpoint"},
    {421, Verdict::sink_problem, "the host does not serve this endpoint: check sink.endpoint"},
    {426, Verdict::sink_problem, "the sink wants another protocol"},
    // Not answers about this event, in spite of their class.
    {408, Verdict::retry, "the sink gave up waiting for the request"},
    {425, Verdict::retry, "the sink asks to try later"},
    {429, Verdict::retry, "the sink is over its rate"},
};

// RFC 9110 section 5.6.7; seconds since 1970, because a date of the year 9999 does not fit into nanoseconds.
std::optional<std::int64_t> parse_http_date(std::string_view value) {
  const std::string text(value);
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), format, &parts);
    if (end != nullptr && *end == '\0') {
      return timegm(&parts);
    }
  }
  return std::nullopt;
}

// By the clock that the date was written with, where that is known.
std::optional<Duration> parse_wait(std::string_view value, std::int64_t now_s) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) {
    value.remove_prefix(1);
  }
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) {
    value.remove_suffix(1);
  }
  if (value.empty()) {
    return std::nullopt;
  }
  if (value.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    const bool huge = error != std::errc() || seconds > kRetryAfterCeiling / 1s;
    return huge ? kRetryAfterCeiling : Duration(std::chrono::seconds(seconds));
  }
  const auto date = parse_http_date(value);
  return date ? std::optional<Duration>(
                    std::chrono::seconds(std::clamp<std::int64_t>(*date - now_s, 0, kRetryAfterCeiling / 1s)))
              : std::nullopt;
}

std::int64_t whole_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Ruling rule(const event::Answer& answer) {
  if (answer.failure != event::TransportFailure::none) {
    return {Verdict::retry, event::to_string(answer.failure)};
  }
  for (const Row& row : kRows) {
    if (row.status == answer.status) {
      return {row.verdict, row.reason};
    }
  }
  switch (answer.status / 100) {
    case 2:
      return {Verdict::accepted, "taken"};
    case 3:
      // Never followed: a 302 would turn the POST into a GET, and a login page's 200 is no delivery.
      return {Verdict::sink_problem, "the sink redirects: check sink.endpoint"};
    case 4:
      return {Verdict::refused, "the sink does not take this event"};
    case 5:
      return {Verdict::retry, "the sink is failing"};
    default:
      return {Verdict::retry, "the answer has no meaning here"};
  }
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  return parse_wait(value, whole_seconds(now));
}

Duration requested_wait(const event::Answer& answer, WallTime now) {
  if (!answer.retry_after) {
    return Duration::zero();
  }
  const auto sent = answer.date ? parse_http_date(*answer.date) : std::nullopt;
  return parse_wait(*answer.retry_after, sent.value_or(whole_seconds(now))).value_or(Duration::zero());
}

}  // namespace exporter::dispatch
