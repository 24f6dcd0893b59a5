#include "sink/http/tls.h"

#include <cerrno>
#include <exception>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>

namespace exporter::http {
namespace {

namespace ssl = boost::asio::ssl;

// What the operator can mend, found before OpenSSL's terser words.
Result<void> check_readable(const TlsOptions& options) {
  errno = 0;
  const std::ifstream file(options.ca_file);
  if (file.good()) {
    return {};
  }
  const auto reason = std::generic_category().message(errno == 0 ? EIO : errno);
  return fail(ErrorKind::invalid, fmt::format("{} {}: {}; give the path of a readable PEM bundle", options.ca_file_key,
                                              options.ca_file, reason));
}

Result<void> load_roots(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) {
    // Missing default files are no error here, as in other clients: each connection then fails and says why.
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  if (auto readable = check_readable(options); !readable) {
    return readable;
  }
  if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) == 1) {
    return {};
  }
  ERR_clear_error();
  return fail(ErrorKind::invalid, fmt::format("{} {} holds no certificate that can be read; give a bundle in PEM form",
                                              options.ca_file_key, options.ca_file));
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const TlsOptions& options) {
  try {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // An idle connection then holds no record buffers (34 KiB each, SSL_CTX_set_mode(3)).
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(native, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (options.verify) {
      if (auto loaded = load_roots(native, options); !loaded) {
        return fail(std::move(loaded).error());
      }
    }
    return context;
  } catch (const std::exception& error) {
    return fail(ErrorKind::invalid, fmt::format("TLS cannot be set up: {}", error.what()));
  }
}

bool name_peer(SSL* connection, const std::string& host) {
  if (is_address(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  }
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // What the macro SSL_set_tlsext_host_name(3) does; OpenSSL copies the name.
  std::string name = host;
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1 &&
         SSL_set1_host(connection, host.c_str()) == 1;
}

std::string describe_tls_failure(SSL* connection, const boost::system::error_code& error) {
  const long verified = SSL_get_verify_result(connection);
  if (SSL_get_verify_mode(connection) != SSL_VERIFY_NONE && verified != X509_V_OK) {
    return fmt::format("the server's certificate was refused: {}", X509_verify_cert_error_string(verified));
  }
  return error.message();
}

}  // namespace exporter::http
