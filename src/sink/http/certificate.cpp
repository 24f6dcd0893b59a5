#include "sink/http/certificate.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/address.hpp>

#include "sink/http/excerpt.h"

namespace exporter::http {
namespace {

// More says nothing to people.
constexpr std::size_t kMostNames = 5;
constexpr std::size_t kNameBytes = 200;

// It comes from the server: it may hold anything.
std::string printable(std::string_view text) { return make_excerpt(text.substr(0, kNameBytes), {}); }

std::string name_text(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> out(BIO_new(BIO_s_mem()), &::BIO_free);
  if (out == nullptr || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  std::array<char, kNameBytes> text{};
  const int length = BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
  return length <= 0 ? std::string() : printable({text.data(), static_cast<std::size_t>(length)});
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  const int length = ASN1_STRING_length(bytes);
  if (length == 4) {
    boost::asio::ip::address_v4::bytes_type v4{};
    std::copy_n(data, v4.size(), v4.begin());
    return boost::asio::ip::make_address_v4(v4).to_string();
  }
  if (length == 16) {
    boost::asio::ip::address_v6::bytes_type v6{};
    std::copy_n(data, v6.size(), v6.begin());
    return boost::asio::ip::make_address_v6(v6).to_string();
  }
  return "?";
}

// The names and addresses of the certificate (RFC 5280 section 4.2.1.6); others, such as mail addresses, are no hosts.
std::string alternative_names(const X509* certificate) {
  const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)), free_names);
  std::string text;
  std::size_t count = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type != GEN_DNS && type != GEN_IPADD) {
      continue;
    }
    if (++count > kMostNames) {
      continue;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                 static_cast<std::size_t>(ASN1_STRING_length(value)));
    text += text.empty() ? "" : ", ";
    text += type == GEN_DNS ? "DNS:" + printable(bytes) : "IP:" + address_text(value);
  }
  if (count > kMostNames) {
    text += fmt::format(" and {} more", count - kMostNames);
  }
  return text;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return "?";
  }
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::int64_t seconds_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, time);  // nullptr: from now
  return std::int64_t{days} * 86400 + seconds;
}

// Names of the codes: X509_STORE_CTX_get_error(3).
CertificateFault fault_of(long verified) {
  switch (verified) {
    case X509_V_OK:
      return CertificateFault::none;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return CertificateFault::unknown_authority;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return CertificateFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return CertificateFault::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return CertificateFault::other_name;
    default:
      return CertificateFault::other;
  }
}

}  // namespace

TlsReport describe_connection(const SSL* connection) {
  TlsReport report;
  report.protocol = SSL_get_version(connection);
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(SSL_get1_peer_certificate(connection), &::X509_free);
  if (certificate == nullptr) {
    report.fault = CertificateFault::other;
    report.fault_text = "the server has shown no certificate";
    return report;
  }
  report.subject = name_text(X509_get_subject_name(certificate.get()));
  report.issuer = name_text(X509_get_issuer_name(certificate.get()));
  report.names = alternative_names(certificate.get());
  report.valid_until = time_text(X509_get0_notAfter(certificate.get()));
  report.seconds_left = seconds_until(X509_get0_notAfter(certificate.get()));
  const long verified = SSL_get_verify_result(connection);
  report.fault = fault_of(verified);
  if (report.fault != CertificateFault::none) {
    report.fault_text = X509_verify_cert_error_string(verified);
  }
  return report;
}

}  // namespace exporter::http
