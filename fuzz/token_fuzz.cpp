// The token endpoint's answer, as hostile as it likes: what passes must be fit for a header and for a timer.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auth/token_response.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace exporter;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto response = auth::parse_token_response(body)) {
    EXPORTER_CHECK(!response->access_token.empty(), "a token is not empty");
    for (const char c : response->access_token) {
      EXPORTER_CHECK(c >= 0x20 && c <= 0x7e, "a token is plain ASCII");
    }
    if (response->lifetime) {
      EXPORTER_CHECK(*response->lifetime >= std::chrono::seconds(1) && *response->lifetime <= auth::kMaxLifetime,
                     "a lifetime is bounded");
    }
  }
  EXPORTER_CHECK(auth::parse_oauth_error(body).size() <= 64, "an error code is short");
  return 0;
}
