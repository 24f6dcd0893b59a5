// The bytes in front of an event's body. All but two values are constant for one sink, so they are made once, and a
// request is appended to one flat buffer without formatting anything but the body's length.
//
// A value that holds a control character is refused, never cleaned: a CR LF in it would be a header of somebody else's
// (RFC 9110 section 5.5). Thread-safety: immutable.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "sink/http/endpoint.h"

namespace exporter::http {

class RequestHead {
 public:
  // Fails with `invalid` when `user_agent` cannot be a header's value.
  [[nodiscard]] static Result<RequestHead> make(const Endpoint& endpoint, std::string_view user_agent);

  // Whether `token` can stand in a header: visible ASCII only. An empty one can, and means no Authorization header.
  [[nodiscard]] static bool can_carry(std::string_view token);

  // Replaces `request` with the whole request, reusing its memory. `token` must be one that can_carry() accepts;
  // `traceparent` is a header's value of ours, or empty for none.
  void write(std::string& request, std::string_view token, std::string_view body,
             std::string_view traceparent = {}) const;

 private:
  std::string prefix_;  // up to and including "Content-Length: "
};

}  // namespace exporter::http
