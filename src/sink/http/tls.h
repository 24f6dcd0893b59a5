// TLS as the sink uses it: at least 1.2, the server's certificate and name verified, unless told otherwise.
//
// Verification is OpenSSL's own (X509_verify_cert with the expected name set), not a callback of ours.
// Thread-safety: pure, but for the objects handed in.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.h"
#include "sink/http/endpoint.h"

namespace exporter::http {

struct TlsOptions {
  bool verify = true;
  std::string ca_file;  // empty: the system's roots, or those of SSL_CERT_FILE and SSL_CERT_DIR
  std::string_view ca_file_key = "sink.ca_file";  // for messages
};

// Fails with `invalid` when the CA file cannot be read or holds no certificate.
[[nodiscard]] Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options);

// Tells `connection` whom it talks to: the name to ask for (SNI, RFC 6066 section 3: names only, never addresses) and
// the name or address that the certificate must hold. False when OpenSSL refuses the name.
[[nodiscard]] bool name_peer(SSL* connection, const std::string& host);

// Why a handshake failed, for people: the verification's own words where it was that.
[[nodiscard]] std::string describe_tls_failure(SSL* connection, const boost::system::error_code& error);

}  // namespace exporter::http
