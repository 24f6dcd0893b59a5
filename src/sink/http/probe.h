// The way to a server, one step at a time, for people who want to know where it ends: name, TCP, TLS. It goes as the
// sink's connections go (same look-up, same addresses, same TLS), sends nothing behind the handshake, and never trusts:
// the handshake is carried through with a certificate that is no good too, so that it can be described.
//
// The steps are called in order, each once, each when the one before brought something. Each blocks until it is done,
// its time is over or a stop is requested (ErrorKind::cancelled). Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "sink/http/endpoint.h"

namespace exporter::http {

struct ProbeOptions {
  std::string url;                // http:// or https://
  std::string_view url_key = {};  // for messages
  std::string ca_file = {};       // PEM bundle used instead of the system's roots; empty: those
  std::string_view ca_file_key = {};
  bool verify = true;  // false: a CA file that is no good is no error, as for the sink
};

// One address that was tried.
struct ConnectAttempt {
  std::string address;  // with its port
  std::string problem;  // empty: connected
};

enum class CertificateFault : std::uint8_t {
  none,
  unknown_authority,  // nobody whom we trust has signed it, or what lies between was not sent
  expired,
  not_yet_valid,
  other_name,  // it is for other names than the one that was asked for
  other,
};

struct TlsReport {
  std::string protocol;         // "TLSv1.3"
  std::string subject;          // as RFC 2253 writes names, printable ASCII, bounded, as are the next two
  std::string issuer;           //
  std::string names;            // the first few for which it is: "DNS:a.example, IP:192.0.2.1"; may be empty
  std::string valid_until;      // RFC 3339, UTC
  std::int64_t seconds_left{};  // of its validity, by this machine's clock; negative once it is over
  CertificateFault fault = CertificateFault::none;
  std::string fault_text;  // OpenSSL's words; empty without a fault
};

class Probe {
 public:
  // ErrorKind::invalid: the URL is none, or the CA file cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<Probe>> create(const ProbeOptions& options);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const;

  // The addresses of the host. ErrorKind::transient: it has none, or the answer takes too long.
  [[nodiscard]] Result<std::vector<std::string>> resolve(Duration timeout, const std::stop_token& stop);

  // Tries the addresses in turn; each gets its share of the time that is left. The last one tried is connected, or none
  // is.
  [[nodiscard]] Result<std::vector<ConnectAttempt>> connect(Duration timeout, const std::stop_token& stop);

  // ErrorKind::transient: there is no TLS to be had.
  [[nodiscard]] Result<TlsReport> handshake(Duration timeout, const std::stop_token& stop);

  // Ends the connection.
  void close();

 private:
  class Impl;
  explicit Probe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exporter::http
