#include "support/test_certificates.h"

#include <array>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace exporter::test {
namespace {

constexpr long kSecondsADay = 24L * 60 * 60;

EVP_PKEY* make_key() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  EXPORTER_CHECK(key != nullptr, "OpenSSL makes a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  EXPORTER_CHECK(extension != nullptr, "OpenSSL accepts the extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer_key`; `issuer` is nullptr for a self-signed one.
X509* make_certificate(EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, const std::string& common_name,
                       const CertificateSpec& spec, bool authority) {
  static long serial = 1;
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), spec.valid_from_days * kSecondsADay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), spec.valid_to_days * kSecondsADay);
  X509_set_pubkey(certificate, key);
  const std::basic_string<unsigned char> name(common_name.begin(), common_name.end());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name.c_str(), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate : issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (authority) {
    add_extension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
  }
  std::string names;
  for (const auto& each : spec.names) {
    names += (names.empty() ? "" : ",") + each;
  }
  if (!names.empty()) {
    add_extension(certificate, signer, NID_subject_alt_name, names);
  }
  EXPORTER_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "OpenSSL signs");
  return certificate;
}

template <class Write>
std::string to_pem(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  std::string text;
  std::array<char, 1024> piece{};
  for (int got = 0; (got = BIO_read(bio, piece.data(), static_cast<int>(piece.size()))) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  BIO_free(bio);
  return text;
}

std::string pem_of(X509* certificate) {
  return to_pem([certificate](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return to_pem([key](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace

TestAuthority::TestAuthority()
    : key_(make_key()), certificate_(make_certificate(key_, nullptr, key_, "test authority", {}, true)) {}

TestAuthority::~TestAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

Identity TestAuthority::issue(const CertificateSpec& spec) const {
  EVP_PKEY* key = make_key();
  X509* certificate = make_certificate(key, certificate_, key_, "test server", spec, false);
  Identity identity{pem_of(certificate), pem_of(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

std::string TestAuthority::certificate_pem() const { return pem_of(certificate_); }

Identity self_signed(const CertificateSpec& spec) {
  EVP_PKEY* key = make_key();
  X509* certificate = make_certificate(key, nullptr, key, "self-signed test server", spec, false);
  Identity identity{pem_of(certificate), pem_of(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

}  // namespace exporter::test
