#include "admin/page.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace exporter::admin {

namespace {

constexpr std::string_view kPlaceholder = "%NONCE%";

}  // namespace

std::string page_with_nonce(std::string_view nonce) {
  const std::string_view text = page_text();
  std::string page;
  page.reserve(text.size() + 2 * nonce.size());
  std::size_t from = 0;
  for (auto at = text.find(kPlaceholder); at != std::string_view::npos; at = text.find(kPlaceholder, from)) {
    page.append(text.substr(from, at - from)).append(nonce);
    from = at + kPlaceholder.size();
  }
  return page.append(text.substr(from));
}

std::string page_policy(std::string_view nonce) {
  return fmt::format(
      "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      nonce);
}

Result<std::string> new_nonce() {
  std::array<std::uint8_t, 16> bytes{};
  // So few bytes come at once and whole, or not at all (getrandom(2)). Never waits: at boot there may be none.
  if (::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK) != static_cast<ssize_t>(bytes.size())) {
    return fail(ErrorKind::transient, fmt::format("the kernel gives no random bytes: {}", std::strerror(errno)));
  }
  std::string nonce;
  for (const std::uint8_t byte : bytes) {
    nonce += fmt::format("{:02x}", byte);
  }
  return nonce;
}

}  // namespace exporter::admin
