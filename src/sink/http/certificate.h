// What the server's certificate says and what is wrong with it, for people.
// Thread-safety: pure, but for the connection handed in.
#pragma once

#include <openssl/types.h>

#include "sink/http/probe.h"

namespace exporter::http {

// After a handshake that was not to fail for the certificate's sake (SSL_VERIFY_NONE); OpenSSL has judged it all the
// same (SSL_get_verify_result(3)).
[[nodiscard]] TlsReport describe_connection(const SSL* connection);

}  // namespace exporter::http
