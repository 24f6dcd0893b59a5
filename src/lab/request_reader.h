// Reads one HTTP/1.1 request out of a buffer (RFC 9112), for the reference sink: strict, bounded, without copying.
//
// Our own, because this server shares the machine with what is measured: a general parser costs several times as much,
// and the sink would be the limit of each benchmark. It takes what clients of an event endpoint send: a request line,
// header fields, a body with Content-Length. Transfer codings are answered 501. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace exporter::lab {

inline constexpr std::size_t kMostHeadBytes = 64 * 1024;
inline constexpr std::size_t kMostBodyBytes = 4 * 1024 * 1024;

// Views into the buffer that was parsed.
struct HttpRequest {
  std::string_view method;
  std::string_view target;
  std::string_view content_type;
  std::string_view authorization;
  std::string_view body;
  bool keep_alive = true;
};

struct Reading {
  enum class State : std::uint8_t { incomplete, complete, bad };
  State state = State::incomplete;
  int status = 0;        // bad: answer with this and close
  std::size_t size = 0;  // complete: how many bytes of the buffer the request took; incomplete: how many it will, or 0
  bool expects_continue = false;  // incomplete: the client waits for "100 Continue" before it sends the body
  HttpRequest request;
};

[[nodiscard]] Reading read_request(std::string_view buffer);

}  // namespace exporter::lab
