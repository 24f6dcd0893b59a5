// Reads one HTTP/1.x response at a time from byte chunks, however the network cut them.
//
// The grammar is Boost.Beast's parser (RFC 9112), fed by hand and hidden here, so that it is compiled once. Ours is
// what surrounds it: header bytes are held back until the header is whole, so that the result does not depend on the
// chunking (the fuzz target holds us to that); interim responses (1xx) are passed over; only the start of the body is
// kept; sizes are bounded. Thread-safety: owned by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exporter::http {

class ResponseReader {
 public:
  struct Limits {
    std::size_t header_bytes = 16 * 1024;  // status line and fields of one response
    std::size_t body_bytes = 64 * 1024;    // as sent, chunk framing and trailers included
    std::size_t excerpt_bytes = 1024;      // how much of the body is kept
  };

  enum class State : std::uint8_t {
    reading,    // more bytes are needed
    complete,   // status() and the rest may be read
    malformed,  // not HTTP/1.x, or over the header's bound; problem() says why
    cut_short,  // the connection ended inside the response
  };

  explicit ResponseReader(Limits limits);
  ~ResponseReader();

  // Forgets the last response: the next byte is the first of a new one.
  void start();

  // Takes the next bytes. Once the state is no longer `reading`, further bytes only make the connection unusable.
  State feed(std::string_view bytes);
  // The peer closed the connection: completes a response whose end is that (RFC 9112 section 6.3, rule 8).
  State end_of_stream();

  // Whether any byte of this response has come.
  [[nodiscard]] bool started() const;

  // Only when complete. A body over its bound completes too: the status is known, the rest is left unread.
  [[nodiscard]] int status() const;
  // The header's value as sent; nothing when absent or longer than 128 bytes.
  [[nodiscard]] const std::optional<std::string>& retry_after() const;
  // The Date header's value, likewise; never kept of a 2xx.
  [[nodiscard]] const std::optional<std::string>& date() const;
  [[nodiscard]] std::string_view excerpt() const;
  // Whether the connection can carry another request: everything read, nothing left over, and the peer keeps it open.
  [[nodiscard]] bool reusable() const;

  // Only when malformed: one phrase.
  [[nodiscard]] std::string_view problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::http
