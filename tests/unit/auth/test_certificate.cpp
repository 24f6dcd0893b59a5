#include "test_certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>

#include "base/check.h"

namespace exporter::auth {

namespace {

void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  EXPORTER_CHECK(extension != nullptr, "the extension is well-formed");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestCertificate::TestCertificate() : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
  constexpr long kDay = 24L * 3600;
  X509* x509 = certificate_.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(x509), kDay);
  X509_set_pubkey(x509, key_.get());
  X509_NAME* name = X509_get_subject_name(x509);
  const unsigned char common_name[] = "token server of a test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(x509, name);
  add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x509, NID_subject_alt_name, "IP:127.0.0.1");
  EXPORTER_CHECK(X509_sign(x509, key_.get(), EVP_sha256()) > 0, "the certificate is signed");
}

void TestCertificate::write_pem(const std::string& path) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wbe"), &std::fclose);
  EXPORTER_CHECK(file != nullptr && PEM_write_X509(file.get(), certificate_.get()) == 1, "the PEM file is written");
}

}  // namespace exporter::auth
