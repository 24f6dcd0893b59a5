// The sink's URL, split into what a connection and a request need.
//
// Written for one kind of URL (absolute http or https), and strict: what it accepts is sent as it stands, so the path
// and the query reach the server byte for byte. Source: RFC 3986 section 3, RFC 9110 section 4.2.
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter::http {

struct Endpoint {
  bool tls = false;
  std::string host;  // a name or an address; an IPv6 literal without its brackets
  std::uint16_t port = 0;
  std::string target;  // path and query as configured, "/" when there is none; never a fragment

  // The Host header's value: the port only when it is not the scheme's own (RFC 9110 section 7.2).
  [[nodiscard]] std::string authority() const;
  // For messages: host and port, without path and query, which may hold secrets.
  [[nodiscard]] std::string address() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Fails with `invalid`, naming what is wrong and the remedy. The message never repeats the URL: it may hold a password.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);

}  // namespace exporter::http
