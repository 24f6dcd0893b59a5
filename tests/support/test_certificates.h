// Certificates made while the test runs: nothing expires in the repository, and no private key lies in it.
// Thread-safety: pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/types.h>

namespace exporter::test {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

struct CertificateSpec {
  std::vector<std::string> names;  // as OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1"
  int valid_from_days = -1;        // counted from now
  int valid_to_days = 1;
};

// An EC P-256 authority that signs leaf certificates.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();

  [[nodiscard]] Identity issue(const CertificateSpec& spec) const;
  [[nodiscard]] std::string certificate_pem() const;

 private:
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
};

[[nodiscard]] Identity self_signed(const CertificateSpec& spec);

}  // namespace exporter::test
