#include "sink/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/check.h"

namespace exporter::http {

Result<RequestHead> RequestHead::make(const Endpoint& endpoint, std::string_view user_agent) {
  if (std::any_of(user_agent.begin(), user_agent.end(), [](char c) { return c < ' ' || c >= 0x7f; })) {
    return fail(ErrorKind::invalid, "the user agent has a character that a header cannot carry; use printable ASCII");
  }
  RequestHead head;
  // No parameter after the media type: sinks written after the published example compare it as a string.
  head.prefix_ = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nContent-Type: application/cloudevents+json\r\n"
      "Content-Length: ",
      endpoint.target, endpoint.authority(), user_agent);
  return head;
}

bool RequestHead::can_carry(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void RequestHead::write(std::string& request, std::string_view token, std::string_view body,
                        std::string_view traceparent) const {
  static constexpr std::string_view kBearer = "\r\nAuthorization: Bearer ";
  static constexpr std::string_view kTraceParent = "\r\ntraceparent: ";
  static constexpr std::string_view kEnd = "\r\n\r\n";
  std::array<char, 20> digits{};  // a 64-bit number has at most 20
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), body.size());
  EXPORTER_CHECK(error == std::errc{}, "a size fits 20 digits");

  request.clear();
  request.reserve(prefix_.size() + digits.size() + kBearer.size() + token.size() + kTraceParent.size() +
                  traceparent.size() + kEnd.size() + body.size());
  request.append(prefix_).append(digits.data(), end);
  if (!token.empty()) {
    request.append(kBearer).append(token);
  }
  if (!traceparent.empty()) {
    request.append(kTraceParent).append(traceparent);
  }
  request.append(kEnd).append(body);
}

}  // namespace exporter::http
